/** How raw values are looked at before they are decoded. */

import { isMapping } from "../lib/mapping.ts";
import type { Path } from "./problem.ts";

/** The value at a path; `undefined` where there is none. */
export function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((inner, step) => {
    if (Array.isArray(inner)) return inner[Number(step)];
    return isMapping(inner) && Object.hasOwn(inner, step) ? inner[step] : undefined;
  }, value);
}
