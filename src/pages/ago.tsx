/** How is it shown how long ago something was? */

import type { Language } from "./language.ts";

const UNITS = [["day", 86_400], ["hour", 3600], ["minute", 60]] as const;

/** A moment (NumericDate) as people see it from `now`, whatever their time zone: "3 hours ago". */
export function Ago(
  { date, now, language, justNow }: {
    readonly date: number;
    readonly now: number;
    readonly language: Language;
    /** What is said within the first minute. */
    readonly justNow: string;
  },
) {
  const passed = now - date;
  const [unit, seconds] = UNITS.find(([, seconds]) => passed >= seconds) ?? [];
  const format = new Intl.RelativeTimeFormat(language, { numeric: "always" });
  return (
    <time datetime={new Date(date * 1000).toISOString()}>
      {unit === undefined || seconds === undefined
        ? justNow
        : format.format(-Math.floor(passed / seconds), unit)}
    </time>
  );
}
