/** How environment variables change what the files say: `LATCHKEY_STORE__URL` is `store.url`. */

import { isMapping } from "../lib/mapping.ts";
import { type Scalar, scalars } from "./members.ts";
import type { Locate, Merged } from "./merge.ts";
import { formatPath } from "./problem.ts";
import { configSchema } from "./schema.ts";

/** An environment variable's text; `undefined` where it is not set. */
export type Variable = (name: string) => string | undefined;

/** The name of the variable that overrides a member: `LATCHKEY_LISTEN__PORT`. */
export function variableName(path: readonly string[]): string {
  return `LATCHKEY_${path.join("__").toUpperCase()}`;
}

/** The configuration with every scalar member replaced whose variable is set; their places are the variables' names. */
export function override(merged: Merged, variable: Variable): Merged {
  let value = merged.value;
  const overridden = new Map<string, string>();
  for (const scalar of scalars(configSchema)) {
    const name = variableName(scalar.path);
    const text = variable(name);
    if (text === undefined) continue;
    value = replaced(value, scalar.path, read(text, scalar));
    overridden.set(formatPath(scalar.path), name);
  }
  const locate: Locate = (path, of) => {
    const name = overridden.get(formatPath(path));
    return name === undefined
      ? merged.locate(path, of)
      : { file: name, line: 0, column: 0, path: formatPath(path) };
  };
  return { ...merged, value, locate };
}

function read(text: string, { kinds }: Scalar): string | number | boolean {
  if (kinds.has("number") && /^\d{1,15}$/.test(text)) return Number(text);
  if (kinds.has("boolean") && (text === "true" || text === "false")) return text === "true";
  return text;
}

/** A copy, for aliases make one object stand in several places. What is no mapping stays: decoding reports it. */
function replaced(
  mapping: Readonly<Record<string, unknown>>,
  [name, ...rest]: readonly string[],
  value: unknown,
): Readonly<Record<string, unknown>> {
  if (name === undefined) return mapping;
  if (rest.length === 0) return { ...mapping, [name]: value };
  const inner = mapping[name] ?? {};
  return isMapping(inner) ? { ...mapping, [name]: replaced(inner, rest, value) } : mapping;
}
