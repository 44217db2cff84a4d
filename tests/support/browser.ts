/** Chromium for tests that need a real browser. */

import { type Browser, chromium as playwright } from "playwright-core";

/** Where Chromium is: `LATCHKEY_CHROMIUM`, else where Debian puts it; `undefined`: there is none. */
export const chromium: string | undefined = [
  Deno.env.get("LATCHKEY_CHROMIUM"),
  "/usr/bin/chromium",
].find((path) => path !== undefined && isFile(path));

/** What the name of a test that needs Chromium ends with: why it is ignored, if it is. */
export const browserNote = chromium === undefined
  ? " (ignored: no Chromium; LATCHKEY_CHROMIUM names one)"
  : "";

/** Starts Chromium without a window; whoever calls closes it. Throws an `Error` where there is none. */
export async function launch(): Promise<Browser> {
  if (chromium === undefined) throw new Error("no Chromium");
  return await playwright.launch({
    executablePath: chromium,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--no-first-run",
    ],
  });
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
