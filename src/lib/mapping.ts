/** Whether a value of unknown origin has named members. */

/** Whether a value is an object with named members: neither `null` nor a list. */
export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
