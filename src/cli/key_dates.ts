/** From when until when is a key to sign, as options say it? */

import { duration, LAST_MOMENT, moment } from "../config/value.ts";
import { type Option, UsageError } from "./command.ts";

/** The options that give a key its dates. */
export const DATE_OPTIONS = {
  "not-before": {
    type: "string",
    value: "DATE|DURATION",
    summary: "when it begins to sign, such as 2027-01-31, 2027-01-31T12:00:00Z, or 1d from now",
  },
  "not-after": {
    type: "string",
    value: "DATE|DURATION",
    summary: "when it stops to sign, such as 2028-01-31 or 365d from now",
  },
} as const satisfies Record<string, Option>;

/** NumericDates; `undefined`: since ever, and for ever. */
export interface Dates {
  readonly not_before: number | undefined;
  readonly not_after: number | undefined;
}

/** The dates that options give. Throws a `UsageError` where one is none, or they make no sense. */
export function parseDates(
  options: Readonly<Record<keyof typeof DATE_OPTIONS, string | undefined>>,
  now: number,
): Dates {
  const not_before = parse("not-before", options["not-before"], now);
  const not_after = parse("not-after", options["not-after"], now);
  if (not_after !== undefined && not_after <= Math.max(now, not_before ?? now)) {
    throw new UsageError("--not-after has to be later than now and than --not-before");
  }
  return { not_before, not_after };
}

function parse(name: string, text: string | undefined, now: number): number | undefined {
  if (text === undefined) return undefined;
  const span = duration.safeParse(text).data;
  const date = span === undefined ? moment.safeParse(text).data : now + span;
  if (date === undefined || date > LAST_MOMENT) {
    throw new UsageError(`--${name} needs a date such as 2027-01-31, or a duration such as 1d`);
  }
  return date;
}
