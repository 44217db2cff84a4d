/** How are spans of time and numbers told to people? */

/** So many of something: "1 grant", "2 grants". */
export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

const UNITS = [[86_400, "d"], [3600, "h"], [60, "m"], [1, "s"]] as const;

/** A span of seconds in the largest unit that there are at least two of: "36h", "90d", "1s". */
export function span(seconds: number): string {
  const [length, unit] = UNITS.find(([length]) => seconds >= 2 * length) ?? [1, "s"];
  return `${Math.floor(seconds / length)}${unit}`;
}
