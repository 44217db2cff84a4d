/** `latchkey keys retire`: how does an operator end a key that must not be believed any more? */

import { didYouMean } from "../config/suggest.ts";
import { keyPolicy } from "../config/key_policy.ts";
import { presentRing } from "../keys/data_protection.ts";
import { inventory, type ListedKey } from "../keys/inventory.ts";
import { THUMBPRINT } from "../keys/key.ts";
import { retireKey, startAnew } from "../keys/orders.ts";
import { provenRing } from "../keys/proven_ring.ts";
import { readSchedule } from "../keys/schedule.ts";
import {
  type Command,
  command,
  CONFIG_OPTION,
  type Io,
  JSON_OPTION,
  UsageError,
} from "./command.ts";
import { type OpenedStore, withStore } from "./opened_store.ts";
import { json, visible } from "./visible.ts";
import { counted } from "./wording.ts";

/** Ends a managed key at once, or all of them. */
export const keysRetire: Command = command({
  summary: "ends a managed key at once, and all that it has signed",
  details: [
    "For emergencies: the key is published no longer, and what it has signed is refused, by running servers within 30",
    "seconds, at once after SIGHUP, by others once they have read the published keys again. Where it signs, another one",
    "signs in its place at once.",
    "",
    "With --all every managed key ends, also those that can't be opened because the data protection ring is lost. It",
    "has to be confirmed by the issuer: every token that the server has signed with them is refused from then on.",
  ].join("\n"),
  options: {
    config: CONFIG_OPTION,
    all: { type: "boolean", summary: "every managed key" },
    confirm: { type: "string", value: "ISSUER", summary: "the issuer, to confirm --all" },
    json: JSON_OPTION,
  },
  arguments: {
    kid: {
      summary: "the kid of a key, as latchkey keys list prints it; or --all",
      optional: true,
      looks: THUMBPRINT,
    },
  },
  run(io, { config, all, confirm, json: asJson }, { kid }) {
    if (all === (kid !== undefined)) throw new UsageError("needs the kid of a key, or --all");
    if (!all && confirm !== undefined) throw new UsageError("--confirm belongs to --all");
    return withStore(io, config, async (opened) => {
      if (kid !== undefined) return await retireOne(io, opened, kid, asJson);
      const { issuer } = opened.config;
      if (confirm !== issuer) {
        throw new UsageError(
          `--all ends every token that was signed with a managed key; if that is meant, add --confirm ${issuer}`,
        );
      }
      return await retireAll(io, opened, asJson);
    });
  },
});

/** In an emergency half a minute is long: until then a server signs with the key, and believes it. */
const HEARD = "running servers know it within 30 seconds, at once after SIGHUP";

async function retireOne(
  io: Io,
  opened: OpenedStore,
  kid: string,
  asJson: boolean,
): Promise<number> {
  const { config, env } = opened;
  const schedule = await readSchedule(opened);
  const { keys } = await inventory(config.keys, schedule, env.now(), []);
  const configured = keys.find((key) => key.kid === kid && key.source !== "managed");
  if (configured !== undefined) {
    io.complain(configuredText(configured));
    return 1;
  }
  if (!schedule.some((key) => key.kid === kid)) {
    const meant = didYouMean(kid, keys.map(({ kid }) => kid));
    io.complain(`no key has this kid${meant || "; latchkey keys list names those that are there"}`);
    return 1;
  }
  // What is to go need not open: it may be what is wrong.
  const ring = await provenRing(opened, config.data_protection, kid);
  const retired = await retireKey({ ...opened, ring }, keyPolicy(config.keys), kid);
  if (retired === undefined) {
    io.complain("it is gone already: somebody has just ended it");
    return 1;
  }
  const { alg, replaced_by, signed } = retired;
  if (asJson) {
    io.print(json({ kid, alg, replaced_by: replaced_by ?? null }));
    return 0;
  }
  io.print(`${alg}: ${visible(kid)} is gone, and what it has signed is refused; ${HEARD}`);
  if (replaced_by !== undefined) io.print(`${alg}: ${visible(replaced_by)} signs from now on`);
  else if (signed) io.print(`${alg}: no managed key signs any more`);
  return 0;
}

function configuredText({ alg, place, source }: ListedKey): string {
  const how = source === "directory"
    ? "take the file away, with another key for its algorithm in its place"
    : "take it out of keys.jwks, with another key for its algorithm in its place, and reload";
  return `${visible(place)}: a configured ${alg} key, which only the configuration ends: ${how}`;
}

async function retireAll(io: Io, opened: OpenedStore, asJson: boolean): Promise<number> {
  const { config } = opened;
  const ring = await presentRing(opened, config.data_protection);
  const gone = await startAnew({ ...opened, ring }, keyPolicy(config.keys));
  if (asJson) io.print(json({ retired: gone }));
  else {
    io.print(
      `${counted(gone, "managed key")} gone, and what they have signed is refused; ${HEARD}`,
    );
    io.print(
      ring === undefined
        ? "the server makes new ones at its next start"
        : "new ones sign from now on",
    );
  }
  return 0;
}
