/** `latchkey data-protection list`: which keys seal and open, and when does each of them go? */

import { presentRing } from "../keys/data_protection.ts";
import { keysSealedBy } from "../keys/reseal.ts";
import type { PhasedRingKey } from "../keys/ring_list.ts";
import { longestLife } from "../keys/sealed_life.ts";
import { dateTime } from "../lib/date_time.ts";
import { type Command, command, CONFIG_OPTION, JSON_OPTION } from "./command.ts";
import { withStore } from "./opened_store.ts";
import { table } from "./table.ts";
import { json } from "./visible.ts";
import { counted, span } from "./wording.ts";

/** Prints the keys of the ring, and those that are missing. */
export const dataProtectionList: Command = command({
  summary: "lists the keys of the data protection ring, and what becomes of each",
  details: [
    "announced: known to all, and not sealing yet; sealing: the one that seals; opening: for what it has sealed;",
    "missing: managed signing keys are sealed by it, and it is not there. An id tells keys apart and says nothing of",
    "them. Times are UTC.",
  ].join("\n"),
  options: { config: CONFIG_OPTION, json: JSON_OPTION },
  run(io, { config: given, json: asJson }) {
    return withStore(io, given, async (opened) => {
      const { config, env } = opened;
      const ring = await presentRing(opened, config.data_protection);
      const counts = await keysSealedBy(opened);
      const held = (ring?.list() ?? []).map((key): ListedRingKey => ({
        ...key,
        managed_keys: counts.get(key.id) ?? 0,
      }));
      const missing = [...counts].filter(([id]) => !held.some((key) => key.id === id))
        .map(([id, managed_keys]): MissingRingKey => ({ id, phase: "missing", managed_keys }));
      const keys = [...held, ...missing];
      if (asJson) io.print(json(keys.map(jsonOf)));
      else if (keys.length > 0) {
        const life = longestLife(config);
        io.print(table([HEADINGS, ...keys.map((key) => rowOf(key, env.now(), life))], ""));
      } else io.complain("no ring yet; the server makes it at its first start");
      for (const { id, managed_keys } of missing) {
        io.complain(
          `${id} is missing, by which ${counted(managed_keys, "managed key")} ${
            managed_keys === 1 ? "is" : "are"
          } sealed: the server does not start without it`,
        );
      }
      return 0;
    });
  },
});

type ListedRingKey = PhasedRingKey & { readonly managed_keys: number };

interface MissingRingKey {
  readonly id: string;
  readonly phase: "missing";
  readonly managed_keys: number;
}

const HEADINGS = ["ID", "FROM", "PHASE", "SINCE", "MANAGED KEYS", "NEXT"];

function rowOf(key: ListedRingKey | MissingRingKey, now: number, life: number): string[] {
  const { id, phase, managed_keys } = key;
  const [place, since, next] = phase === "missing"
    ? ["-", undefined, "restore it"]
    : [key.place, key.since, nextText(key, now, life)];
  return [
    id,
    place,
    phase,
    since === undefined ? "-" : dateTime(since),
    managed_keys === 0 ? "-" : String(managed_keys),
    next,
  ];
}

function nextText(
  { phase, source, seals_from, goes_at, managed_keys }: ListedRingKey,
  now: number,
  life: number,
): string {
  if (phase === "sealing") {
    return goes_at === undefined ? "seals until another does" : "seals until the next does";
  }
  if (phase === "announced") {
    return seals_from === undefined
      ? "seals once every server has it"
      : `seals in ${span(Math.max(0, seals_from - now))}`;
  }
  if (managed_keys > 0) return "stays until the managed keys are sealed anew";
  if (source === "configured") return `may go once it has sealed nothing for ${span(life)}`;
  return goes_at === undefined ? "stays" : `goes in ${span(Math.max(0, goes_at - now))}`;
}

function jsonOf(key: ListedRingKey | MissingRingKey) {
  const { id, phase, managed_keys } = key;
  const known = phase === "missing" ? undefined : key;
  return {
    id,
    place: known?.place ?? null,
    phase,
    since: known?.since ?? null,
    seals_from: known?.seals_from ?? null,
    goes_at: known?.goes_at ?? null,
    managed_keys,
  };
}
