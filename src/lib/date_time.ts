/** How is a moment told to people? */

/** A point in time (NumericDate) as date and time in UTC (RFC 3339), without fractions: 2027-01-31T12:00:00Z. */
export function dateTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(".000", "");
}
