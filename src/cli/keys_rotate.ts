/** `latchkey keys rotate`: how does an operator replace the keys that sign before it is time? */

import type { KeyPolicy } from "../config/key_policy.ts";
import { inventory, type ListedKey } from "../keys/inventory.ts";
import { rotateKeys, type Rotation } from "../keys/orders.ts";
import { provenRing } from "../keys/proven_ring.ts";
import { readSchedule } from "../keys/schedule.ts";
import { dateTime } from "../lib/date_time.ts";
import type { SigningAlgorithm } from "../oauth/client.ts";
import { type Command, command, CONFIG_OPTION, type Io, JSON_OPTION } from "./command.ts";
import { ALGORITHM_OPTION, managedPolicy, parseAlgorithm } from "./key_text.ts";
import { withStore } from "./opened_store.ts";
import { json, visible } from "./visible.ts";
import { span } from "./wording.ts";

/** Makes a successor for managed keys. */
export const keysRotate: Command = command({
  summary: "announces a new managed key for each algorithm, or lets it sign at once",
  details: [
    "A new key is published now and signs after keys.managed.propagation, when whoever keeps the published keys for a",
    "while knows it; one that is announced already is left as it is. With --now it signs at once, and one that is",
    "announced already is brought forward: for emergencies, since tokens may be refused by whoever has not heard of it.",
    "Running servers know it within 30 seconds. The key that signed before stays published for what it has signed;",
    "latchkey keys retire ends it.",
  ].join("\n"),
  options: {
    config: CONFIG_OPTION,
    algorithm: { ...ALGORITHM_OPTION, summary: "this one alone; else all managed ones" },
    now: { type: "boolean", summary: "sign with the new key at once" },
    json: JSON_OPTION,
  },
  run(io, { config: given, algorithm, now: atOnce, json: asJson }) {
    const named = parseAlgorithm(algorithm);
    return withStore(io, given, async (opened) => {
      const { env, config } = opened;
      const policy = managedPolicy(io, opened);
      if (policy === undefined || (named !== undefined && !isManaged(io, policy, named))) return 1;
      const schedule = await readSchedule(opened);
      const problems: string[] = [];
      const { keys } = await inventory(config.keys, schedule, env.now(), problems);
      // A file that can't be read doesn't keep anybody from an emergency.
      for (const problem of problems) io.complain(visible(problem));
      const wanted = named === undefined ? policy.algorithms : [named];
      const configured = keys.filter(({ alg, phase, source }) =>
        phase === "signing" && source !== "managed" && wanted.includes(alg)
      );
      for (const key of configured) io.complain(configuredText(key));
      const left = wanted.filter((alg) => !configured.some((key) => key.alg === alg));
      if (left.length === 0) return 1;
      const ring = await provenRing(opened, config.data_protection);
      const rotations = await rotateKeys({ ...opened, ring }, policy, left, atOnce);
      if (asJson) io.print(json(rotations.map(jsonOf)));
      else for (const rotation of rotations) io.print(textOf(rotation, env.now()));
      return 0;
    });
  },
});

function isManaged(
  io: Pick<Io, "complain">,
  { algorithms }: KeyPolicy,
  alg: SigningAlgorithm,
): boolean {
  if (algorithms.includes(alg)) return true;
  io.complain(`${alg} has no managed key: keys.managed.algorithms names ${algorithms.join(", ")}`);
  return false;
}

function configuredText({ alg, place }: ListedKey): string {
  return `${alg}: ${
    visible(place)
  } signs, which is configured and not managed; to replace it, put a new key beside it ` +
    "(latchkey keys generate --not-before 1d) and give it a not_after";
}

function textOf({ alg, kid, signs_from, changed, previous }: Rotation, now: number): string {
  const name = `${alg}: ${visible(kid)}`;
  const begins = signs_from > now + 1
    ? `signs from ${dateTime(signs_from)} on, in ${span(signs_from - now)}`
    : "signs from now on";
  const already = changed ? "" : " already";
  if (signs_from > now + 1) {
    return `${name} is announced${already} and ${begins}${
      changed ? "" : "; --now brings it forward"
    }`;
  }
  const stays = previous === undefined || previous === kid
    ? ""
    : `; ${visible(previous)} stays published for what it has signed`;
  return changed ? `${name} ${begins}${stays}` : `${name} signs already: it has just been replaced`;
}

function jsonOf({ previous, ...rotation }: Rotation) {
  return { ...rotation, previous: previous ?? null };
}
