/** How are times and numbers told to people? */

/** A point in time (NumericDate) as date and time in UTC (ISO 8601). */
export function time(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(".000", "");
}

/** So many of something: "1 grant", "2 grants". */
export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
