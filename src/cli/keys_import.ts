/** `latchkey keys import`: how does a key that was made elsewhere become one of the server's own? */

import { basename } from "node:path";
import type { Entrance } from "../keys/change_schedule.ts";
import { algorithmIn } from "../keys/directory.ts";
import { collect } from "../keys/error.ts";
import { readSecret } from "../keys/key_file.ts";
import { parseKeyText } from "../keys/single_key.ts";
import { bringKey } from "../keys/bring_key.ts";
import { provenRing } from "../keys/proven_ring.ts";
import { openStaticKeys } from "../keys/static.ts";
import { timetable } from "../keys/timetable.ts";
import { dateTime } from "../lib/date_time.ts";
import {
  type Command,
  command,
  CONFIG_OPTION,
  type Io,
  JSON_OPTION,
  UsageError,
} from "./command.ts";
import { ALGORITHM_OPTION, managedPolicy, parseAlgorithm } from "./key_text.ts";
import { withStore } from "./opened_store.ts";
import { json, visible } from "./visible.ts";

/** Takes a private key from a file among the managed ones. */
export const keysImport: Command = command({
  summary: "takes a private key from a file among the managed keys",
  details: [
    "It keeps its kid, is sealed and kept in the store, and the file isn't needed any more. It is published now and",
    "signs after keys.managed.propagation, with --now at once. With --verify-only it never signs and is published for",
    "keys.managed.retention: for what it has signed before, where another server has had this issuer until now.",
    "PEM (PKCS#8) or JWK; what else a JWK says, such as its dates, is left behind.",
  ].join("\n"),
  options: {
    config: CONFIG_OPTION,
    algorithm: {
      ...ALGORITHM_OPTION,
      summary: "what it signs with, where neither the key nor the file's name says it",
    },
    now: { type: "boolean", summary: "sign with it at once" },
    "verify-only": { type: "boolean", summary: "never sign with it" },
    json: JSON_OPTION,
  },
  arguments: {
    file: { summary: "the file that holds it, which its owner alone may use; - is stdin" },
  },
  run(io, { config: given, algorithm, now, "verify-only": verifyOnly, json: asJson }, { file }) {
    const named = parseAlgorithm(algorithm);
    if (now && verifyOnly) throw new UsageError("takes --now or --verify-only, not both");
    const entrance: Entrance = now ? "now" : verifyOnly ? "verify_only" : "announced";
    return withStore(io, given, async (opened) => {
      const { env, config } = opened;
      const policy = managedPolicy(io, opened);
      if (policy === undefined) return 1;
      const ring = await provenRing(opened, config.data_protection);
      const problems: string[] = [];
      const { keys: fixed } = await openStaticKeys(config.keys, problems);
      for (const problem of problems.splice(0)) io.complain(visible(problem));
      const place = file === "-" ? "stdin" : file;
      const brought = await collect(problems, place, async () => {
        const { jwk, dated } = parseKeyText(await textOf(io, file), named ?? algorithmOf(file));
        const key = await bringKey({ ...opened, ring }, policy, jwk, entrance, fixed);
        return { key, dated };
      });
      for (const problem of problems) io.complain(visible(problem));
      if (brought === undefined) return 1;
      const { key: { kid, alg, signs_from, retires_at }, dated } = brought;
      if (dated) io.complain("its dates are left behind: managed keys follow keys.managed");
      const first = timetable(fixed, env.now()).signing.get(alg);
      if (first !== undefined && !verifyOnly) {
        io.complain(`${visible(first.place)} is configured, and signs with ${alg} before it`);
      }
      if (asJson) {
        const signs = verifyOnly ? null : signs_from;
        io.print(json({ kid, alg, signs_from: signs, retires_at: retires_at ?? null }));
      } else if (verifyOnly) {
        io.print(
          `${alg}: ${visible(kid)} is published until ${
            dateTime(retires_at ?? 0)
          }, and never signs`,
        );
      } else if (signs_from > env.now() + 1) {
        io.print(`${alg}: ${visible(kid)} is announced and signs from ${dateTime(signs_from)} on`);
      } else io.print(`${alg}: ${visible(kid)} signs from now on`);
      return 0;
    });
  },
});

async function textOf(io: Pick<Io, "readSecret">, file: string): Promise<string> {
  return file === "-"
    ? await io.readSecret("private key, a JWK on one line: ")
    : await readSecret(file);
}

function algorithmOf(file: string): string | undefined {
  return algorithmIn(basename(file)).alg;
}
