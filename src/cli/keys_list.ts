/** `latchkey keys list`: which keys does the server sign with and publish, and until when? */

import { inventory, type ListedKey } from "../keys/inventory.ts";
import { readSchedule } from "../keys/schedule.ts";
import type { Phase } from "../keys/timetable.ts";
import { dateTime } from "../lib/date_time.ts";
import type { SigningAlgorithm } from "../oauth/client.ts";
import { type Command, command, CONFIG_OPTION, JSON_OPTION } from "./command.ts";
import { withConfig } from "./opened_store.ts";
import { table } from "./table.ts";
import { json, visible } from "./visible.ts";
import { span } from "./wording.ts";

/** Prints every key that is published, of whichever source. */
export const keysList: Command = command({
  summary: "lists the signing keys of every source, and what becomes of each",
  details: [
    "announced: published, and not signing yet; signing: the one that signs with its algorithm; retained: published",
    "for what it has signed. Keys of files are those that the folder holds now. No private member is read from the",
    "store or printed. Times are UTC.",
  ].join("\n"),
  options: { config: CONFIG_OPTION, json: JSON_OPTION },
  run(io, { config: given, json: asJson }) {
    return withConfig(io, given, async ({ config, opened, absent }) => {
      const now = io.env.now();
      const problems: string[] = [];
      const schedule = opened === undefined ? [] : await readSchedule(opened);
      const { keys, missing } = await inventory(config.keys, schedule, now, problems);
      if (asJson) io.print(json({ keys: keys.map(jsonOf), missing }));
      else if (keys.length + missing.length > 0) {
        const rows = [...keys.map((key) => rowOf(key, now)), ...missing.map(missingRow)];
        io.print(table([HEADINGS, ...rows], ""));
      }
      for (const problem of problems) io.complain(visible(problem));
      if (missing.length > 0 && absent !== undefined) io.complain(absent);
      return problems.length > 0 ? 1 : 0;
    });
  },
});

const HEADINGS = ["ALG", "PHASE", "KID", "FROM", "CREATED", "NEXT"];

function rowOf(key: ListedKey, now: number): string[] {
  const { alg, phase, kid, source, place, created_at } = key;
  return [
    alg,
    phase,
    visible(kid),
    source === "managed" ? "managed" : visible(place),
    created_at === undefined
      ? "-"
      : `${dateTime(created_at)} (${span(Math.max(0, now - created_at))} ago)`,
    nextText(key, now),
  ];
}

function missingRow(alg: SigningAlgorithm): string[] {
  return [alg, "-", "-", "managed", "-", "made when the server starts"];
}

function nextText({ phase, next, rotates_at }: ListedKey, now: number): string {
  const until = (at: number) => `in ${span(Math.max(0, at - now))}`;
  if (rotates_at !== undefined) return `followed by a new key ${until(rotates_at)}`;
  if (next === undefined) return UNCHANGED[phase];
  const { at, signed_by } = next;
  if (phase === "signing" && signed_by !== undefined) {
    return `followed by ${visible(signed_by)} ${until(at)}`;
  }
  if (phase === "signing") return `stops signing ${until(at)}, and none follows`;
  return `${NEXT[next.phase]} ${until(at)}`;
}

const NEXT: Readonly<Record<Phase, string>> = {
  announced: "is announced",
  signing: "signs",
  retained: "is retained",
  retired: "retires",
};

/** What is said of a key to which nothing happens by itself. */
const UNCHANGED: Readonly<Record<ListedKey["phase"], string>> = {
  announced: "stands behind the configured key that signs",
  signing: "signs until somebody replaces it",
  retained: "stays until somebody removes it",
};

function jsonOf(key: ListedKey) {
  const { kid, alg, phase, source, place, created_at, signs_from, retires_at, next } = key;
  return {
    kid,
    alg,
    phase,
    source,
    place: source === "managed" ? null : place,
    created_at: created_at ?? null,
    signs_from: signs_from ?? null,
    retires_at: retires_at ?? null,
    rotates_at: key.rotates_at ?? null,
    next: next === undefined ? null : { ...next, signed_by: next.signed_by ?? null },
  };
}
