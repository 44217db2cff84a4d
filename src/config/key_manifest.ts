/** What the manifest in a folder of keys says of its files: from when until when each signs, under which name, with what. */

import { z } from "zod";
import { ALGORITHM_NAMES } from "../oauth/client.ts";
import { parseYaml } from "./document.ts";
import { formatPath, formatProblem, type Path } from "./problem.ts";
import { didYouMean } from "./suggest.ts";
import { moment } from "./value.ts";
import { wording } from "./wording.ts";

/** What is said of the key in a file. */
export interface KeyTerms {
  /** It signs from then on: a NumericDate. */
  readonly not_before?: number | undefined;
  /** From then on it signs no more: a NumericDate. */
  readonly not_after?: number | undefined;
  readonly kid?: string | undefined;
  readonly alg?: string | undefined;
}

const termsSchema = z.strictObject({
  not_before: moment.optional(),
  not_after: moment.optional(),
  kid: z.string().min(1).optional(),
  alg: z.enum(ALGORITHM_NAMES).optional(),
});
const manifestSchema = z.record(z.string(), termsSchema);

/**
 * The terms of each file, by its name. `names` are the key files that are there. What is wrong joins `problems` as
 * `file:line:column: path: message`; nothing is answered of a file about which something is.
 */
export function parseKeyManifest(
  file: string,
  text: string,
  names: readonly string[],
  problems: string[],
): ReadonlyMap<string, KeyTerms> {
  const document = parseYaml(text);
  if (!("value" in document)) {
    problems.push(...document.map((at) => formatProblem({ ...at, file, path: "" })));
    return new Map();
  }
  const wrong = new Set<string>();
  const report = (path: Path, message: string, ofName = false) => {
    const at = ofName ? document.keyPosition(path) : document.position(path);
    wrong.add(String(path[0]));
    problems.push(formatProblem({ ...at, file, path: formatPath(path), message }));
  };
  // A file that says nothing is a manifest of nothing.
  const value = document.value ?? {};
  const { error } = manifestSchema.safeParse(value, { error: wording });
  for (const issue of error?.issues ?? []) {
    const path = issue.path as Path;
    if (issue.code !== "unrecognized_keys") report(path, issue.message);
    else {
      for (const key of issue.keys) {
        const hint = didYouMean(key, Object.keys(termsSchema.shape));
        report([...path, key], `unknown member${hint}`, true);
      }
    }
  }
  if (typeof value !== "object" || Array.isArray(value)) return new Map();
  const terms = Object.entries(value).flatMap(([name, raw]): [string, KeyTerms][] => {
    if (!names.includes(name)) {
      report([name], `no key file of this name is here${didYouMean(name, names)}`, true);
    }
    const { data } = termsSchema.safeParse(raw);
    if (data !== undefined && endsEarly(data)) {
      report([name, "not_after"], "is not later than not_before");
    }
    return data === undefined ? [] : [[name, data]];
  });
  return new Map(terms.filter(([name]) => !wrong.has(name)));
}

/** Whether a key would end before it begins. */
export function endsEarly({ not_before = -Infinity, not_after = Infinity }: KeyTerms): boolean {
  return not_after <= not_before;
}

/** The NumericDate of a value in a JWK: a date, a date and time (RFC 3339), or a NumericDate already; `undefined` for anything else. */
export function dateOf(value: unknown): number | undefined {
  return moment.safeParse(value).data;
}
