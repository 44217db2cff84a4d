/** What zod found wrong, in plain words that quote no value. */

import type { z } from "zod";

const KINDS: Readonly<Record<string, string>> = {
  array: "list",
  object: "mapping",
  record: "mapping",
  int: "whole number",
};

/** The message of an issue whose schema has none of its own. */
export function wording(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return issue.expected === "int" && typeof issue.input === "number"
        ? "expected whole number"
        : `expected ${KINDS[issue.expected] ?? issue.expected}, found ${kindOf(issue.input)}`;
    case "invalid_value":
      return issue.values.length === 1
        ? `expected ${String(issue.values[0])}`
        : `expected one of ${issue.values.map(String).join(", ")}`;
    case "too_small":
      return bound("at least", issue.origin, Number(issue.minimum));
    case "too_big":
      return bound("at most", issue.origin, Number(issue.maximum));
    case "invalid_union":
      return "expected a JSON value";
    default:
      return "is not valid";
  }
}

function bound(limit: "at least" | "at most", origin: string, count: number): string {
  if (origin === "string") {
    return count === 1 && limit === "at least"
      ? "expected a text that is not empty"
      : `expected ${limit} ${count} characters`;
  }
  return origin === "array"
    ? `expected ${limit} ${count} ${count === 1 ? "element" : "elements"}`
    : `expected ${limit} ${count}`;
}

/** What kind of YAML value it is. */
function kindOf(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  return Array.isArray(value) ? "list" : typeof value === "object" ? "mapping" : typeof value;
}
