/** Whether two JSON values are the same. */

import { isDeepStrictEqual } from "node:util";

/** Whether two JSON values are the same; the order of members does not count. */
export function sameJson(one: unknown, other: unknown): boolean {
  return isDeepStrictEqual(one, other);
}
