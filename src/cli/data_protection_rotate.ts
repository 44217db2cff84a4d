/** `latchkey data-protection rotate`: how does an operator have another key seal before it is time? */

import { presentRing } from "../keys/data_protection.ts";
import { lostRing } from "../keys/lost_ring.ts";
import { listRing, type PhasedRingKey } from "../keys/ring_list.ts";
import { sealedKeys } from "../keys/reseal.ts";
import { longestLife } from "../keys/sealed_life.ts";
import { readStoredRing, rotateStoredRing } from "../keys/stored_ring.ts";
import { dateTime } from "../lib/date_time.ts";
import { type Command, command, CONFIG_OPTION, type Io, JSON_OPTION } from "./command.ts";
import { type OpenedStore, withStore } from "./opened_store.ts";
import { json } from "./visible.ts";
import { span } from "./wording.ts";

/** Makes a new key of the stored ring. */
export const dataProtectionRotate: Command = command({
  summary: "announces a new key of the data protection ring, or has it seal at once",
  details: [
    "A new key is known to every running server before it seals, ten minutes from now; one that is announced already",
    "is left as it is. Nobody is logged out, the managed keys are sealed anew, and the key before stays for what it has",
    "sealed. With --now the new key seals at once, for emergencies. Other servers learn of it within 30 seconds, or as",
    "soon as a browser brings them a cookie that it has sealed; in the second in between somebody may have to log in again.",
    "Keys of the configuration (data_protection.keys) are changed there.",
  ].join("\n"),
  options: {
    config: CONFIG_OPTION,
    now: { type: "boolean", summary: "seal with the new key at once" },
    json: JSON_OPTION,
  },
  run(io, { config: given, now: atOnce, json: asJson }) {
    return withStore(io, given, async (opened) => {
      const refusals = await refusalsOf(opened);
      for (const refusal of refusals) io.complain(refusal);
      if (refusals.length > 0) return 1;
      const { config, env } = opened;
      const rotated = await rotateStoredRing(opened, longestLife(config), atOnce);
      const newest = rotated && listRing([], rotated.ring, env.now()).at(-1);
      if (newest === undefined) {
        io.complain(NO_RING);
        return 1;
      }
      report(io, env.now(), newest, rotated?.changed === true, asJson);
      return 0;
    });
  },
});

const NO_RING = "the store keeps no ring; latchkey serve makes it";

/** Why the ring can't be rotated here, and what to do instead. */
async function refusalsOf(opened: OpenedStore): Promise<readonly string[]> {
  const { config } = opened;
  if (config.data_protection !== undefined) return byHand(span(longestLife(config)));
  const ring = await presentRing(opened, undefined);
  const lost = lostRing(await sealedKeys(opened), ring);
  if (lost !== undefined) return lost.problems;
  if (ring === undefined) return [NO_RING];
  return (await readStoredRing(opened))?.superseded_from === undefined ? [] : [
    "servers that have data_protection.keys take over from the ring in the store; give this command their configuration",
  ];
}

function byHand(life: string): readonly string[] {
  return [
    "data_protection.keys is configured, and only the configuration changes it:",
    "  1. make a key: latchkey generate-secret",
    "  2. append it to data_protection.keys of every server, and reload each (SIGHUP)",
    "  3. when all have it, move it to the front everywhere, and reload each",
    `  4. take the old key away when latchkey data-protection list counts no managed key for it, ${life} later`,
  ];
}

function report(
  io: Pick<Io, "print" | "env">,
  now: number,
  { id, phase, seals_from, since }: PhasedRingKey,
  changed: boolean,
  asJson: boolean,
): void {
  const from = seals_from ?? since ?? now;
  if (changed) {
    const event = phase === "announced" ? "announced" : "rotated";
    io.env.log.info(`data_protection.${event}`, { id, seals_from: from, reason: "operator" });
  }
  if (asJson) io.print(json({ id, seals_from: from, changed }));
  else if (phase === "announced") {
    const already = changed ? "" : " already";
    io.print(
      `${id} is announced${already} and seals from ${dateTime(from)} on, in ${span(from - now)}`,
    );
  } else {
    io.print(`${id} seals from now on; other servers learn of it within 30 seconds`);
  }
}
