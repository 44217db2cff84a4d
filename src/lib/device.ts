/** By which few words does somebody know a device again? */

/** So much of a header is looked at: nobody's browser needs more to say what it is. */
const LONGEST = 512;

/** What a browser's header holds, and what people call it. Many claim to be others too: the first that fits counts. */
const BROWSERS: readonly (readonly [RegExp, string])[] = [
  [/\bEdg(e|A|iOS)?\//, "Edge"],
  [/\b(OPR|OPiOS|Opera)\//, "Opera"],
  [/\bSamsungBrowser\//, "Samsung Internet"],
  [/\bVivaldi\//, "Vivaldi"],
  [/\b(Firefox|FxiOS)\//, "Firefox"],
  [/\b(HeadlessChrome|Chrome|Chromium|CriOS)\//, "Chrome"],
  [/\bVersion\/.*\bSafari\//, "Safari"],
];

const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/\biPhone\b/, "iPhone"],
  [/\biPad\b/, "iPad"],
  [/\bAndroid\b/, "Android"],
  [/\bCrOS\b/, "ChromeOS"],
  [/\bWindows\b/, "Windows"],
  [/\b(Macintosh|Mac OS X)\b/, "macOS"],
  [/\bLinux\b/, "Linux"],
];

/**
 * Browser and system of a `User-Agent`, such as "Firefox, Linux": words of ours and nothing else of it; empty where it
 * says neither. It is what the browser claims, and proves nothing.
 */
export function deviceLabel(userAgent: string | undefined): string {
  const text = userAgent?.slice(0, LONGEST) ?? "";
  return [BROWSERS, SYSTEMS].map((known) => known.find(([sign]) => sign.test(text))?.[1])
    .filter((word) => word !== undefined).join(", ");
}
