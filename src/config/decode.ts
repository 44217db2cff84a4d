/** How raw values become typed ones: every issue with its place, and what is left without the wrong parts. */

import type { z } from "zod";
import { valueAt } from "./mapping.ts";
import { memberNames } from "./members.ts";
import type { Merged } from "./merge.ts";
import { formatPath, type Path, type Problem } from "./problem.ts";
import { configSchema } from "./schema.ts";
import { didYouMean } from "./suggest.ts";
import { wording } from "./wording.ts";

/** A configuration whose secrets are not read yet. */
export type Decoded = z.output<typeof configSchema>;

const MEMBERS: ReadonlySet<string> = new Set(Object.keys(configSchema.shape));
const REQUIRED = "is required";

/** What decoding found. */
export interface Decoding {
  readonly problems: readonly Problem[];
  /** What could be decoded; lists are without their wrong elements. `undefined`: nothing. */
  readonly decoded: Decoded | undefined;
  /** The top-level members of which something was left out. */
  readonly incomplete: ReadonlySet<string>;
  /** The path in the raw values of a path in `decoded`. */
  readonly original: (path: Path) => Path;
}

/** Decodes merged files. Where some could not be read, nothing is said of members that would be in them. */
export function decode(
  { value, locate, partial }: Pick<Merged, "value" | "locate" | "partial">,
): Decoding {
  const result = parse(value);
  if (result.success) {
    const incomplete = partial ? MEMBERS : new Set<string>();
    return { problems: [], decoded: result.data, incomplete, original: (path) => path };
  }
  const misspelt = new Set(
    result.error.issues.filter((issue) => issue.code === "unrecognized_keys")
      .map((issue) => formatPath(issue.path as Path)),
  );
  const problems = result.error.issues
    // A member that seems to be missing is the one that is misspelt.
    .filter((issue) => issue.code !== "custom" || !misspelt.has(formatPath(issue.path as Path)))
    .flatMap((issue) => problemsOf(issue, value))
    .filter(({ path, message }) => !(partial && path.length === 1 && message === REQUIRED))
    .map(({ path, message, of }) => ({ ...locate(path, of), message }));
  const { left, incomplete, original } = withoutWrong(value, result.error.issues);
  return {
    problems,
    decoded: parse(left).data,
    incomplete: partial ? MEMBERS : incomplete,
    original,
  };
}

function parse(value: unknown) {
  return configSchema.safeParse(value, { error: wording });
}

interface Wrong {
  readonly path: Path;
  readonly message: string;
  readonly of?: "name";
}

function problemsOf(issue: z.core.$ZodIssue, value: unknown): Wrong[] {
  const path = issue.path as Path;
  if (issue.code === "unrecognized_keys") {
    const known = memberNames(configSchema, path);
    return issue.keys.map((key) => ({
      path: [...path, key],
      message: `unknown member${didYouMean(key, known)}`,
      of: "name",
    }));
  }
  const missing = valueAt(value, path) === undefined;
  return [{ path, message: missing ? REQUIRED : issue.message }];
}

/** Leaves out the list elements that are wrong, and the other top-level members that are. */
function withoutWrong(value: Merged["value"], issues: readonly z.core.$ZodIssue[]) {
  const left: Record<string, unknown> = { ...value };
  const wrong = new Map<string, Set<number>>();
  const incomplete = new Set<string>();
  for (const issue of issues) {
    const [name, index] = issue.path as Path;
    // An unknown section may be any of them, misspelt.
    for (const member of typeof name === "string" ? [name] : MEMBERS) incomplete.add(member);
    if (issue.code === "unrecognized_keys" && name === undefined) {
      for (const key of issue.keys) delete left[key];
    } else if (typeof name === "string" && typeof index === "number") {
      wrong.set(name, (wrong.get(name) ?? new Set()).add(index));
    } else if (name === "issuer") {
      // It is required. This one lets every other check run and allows demo secrets.
      left.issuer = "http://127.0.0.1";
    } else if (typeof name === "string") delete left[name];
  }
  const kept = new Map<string, readonly number[]>();
  for (const [name, indexes] of wrong) {
    const list = left[name];
    if (!Array.isArray(list)) continue;
    const right = [...list.keys()].filter((index) => !indexes.has(index));
    kept.set(name, right);
    left[name] = right.map((index) => list[index]);
  }
  const original = (path: Path): Path => {
    const [name, index, ...rest] = path;
    const before = kept.get(String(name))?.[Number(index)];
    return name === undefined || before === undefined ? path : [name, before, ...rest];
  };
  return { left, incomplete, original };
}
