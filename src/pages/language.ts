/** Which language does somebody read, and where are its words? */

import { de } from "./messages/de.ts";
import { en, type Messages } from "./messages/en.ts";
import type { Site } from "./site.ts";

const MESSAGES = { en, de } as const satisfies Record<string, Messages>;

/** A language that the pages speak. */
export type Language = keyof typeof MESSAGES;

/** Every language that the pages speak, as BCP 47 tags (`ui_locales_supported`, OpenID Connect Discovery §3). */
export const LANGUAGES = Object.keys(MESSAGES) as readonly Language[];

/** For whom a page is rendered, and on which site. */
export interface View {
  readonly site: Site;
  readonly language: Language;
}

/** The words of a language. */
export function messagesOf(language: Language): Messages {
  return MESSAGES[language];
}

// Both lists come from strangers: what lies beyond is not read.
const LONGEST = 1000;
const MOST = 32;

/**
 * The language for a request: the first of `ui_locales` that we speak (OpenID Connect Core §3.1.2.1),
 * else the best of the header `Accept-Language` (RFC 9110 §12.5.4), else English. Never throws.
 */
export function chooseLanguage(
  ui_locales: string | undefined,
  acceptLanguage: string | undefined,
): Language {
  for (const tag of split(ui_locales, " ")) {
    const language = lookUp(tag);
    if (language !== undefined) return language;
  }
  const wanted: { language: Language; weight: number }[] = [];
  for (const member of split(acceptLanguage, ",")) {
    const [range = "", parameter = "q=1"] = member.split(";", 2);
    const language = lookUp(range.trim());
    const weight = parseWeight(parameter.trim());
    if (language !== undefined && weight > 0) wanted.push({ language, weight });
  }
  // the sort is stable: of equal weights the first one wins
  return wanted.sort((left, right) => right.weight - left.weight)[0]?.language ?? "en";
}

function split(list: string | undefined, separator: string): string[] {
  return list?.slice(0, LONGEST).split(separator, MOST) ?? [];
}

// RFC 4647 §3.4: subtags are cut from the end until something matches; all of ours are one subtag long
function lookUp(range: string): Language | undefined {
  const tag = range.split("-", 1)[0]?.toLowerCase() ?? "";
  return Object.hasOwn(MESSAGES, tag) ? tag as Language : undefined;
}

// RFC 9110 §12.4.2: a weight is 0 to 1 with at most three decimals; anything else is not wanted
function parseWeight(parameter: string): number {
  return /^q=(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/i.test(parameter) ? Number(parameter.slice(2)) : 0;
}
