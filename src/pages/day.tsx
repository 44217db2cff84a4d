/** How is a day shown? */

import type { Language } from "./language.ts";

/** The day of a NumericDate, in UTC, as people write it. */
export function Day({ date, language }: { readonly date: number; readonly language: Language }) {
  const day = new Date(date * 1000);
  const format = new Intl.DateTimeFormat(language, { dateStyle: "long", timeZone: "UTC" });
  return <time datetime={day.toISOString().slice(0, 10)}>{format.format(day)}</time>;
}
