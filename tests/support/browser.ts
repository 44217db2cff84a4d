/** Chromium for tests that need a real browser. */

import { join } from "node:path";
import { type Browser, type BrowserContext, chromium as playwright } from "playwright-core";

/** Where Chromium is: `LATCHKEY_CHROMIUM`, else where Debian puts it; `undefined`: there is none. */
export const chromium: string | undefined = firstFile(
  Deno.env.get("LATCHKEY_CHROMIUM"),
  "/usr/bin/chromium",
);

/** The same engine without a desktop browser around it: a third of the work. It keeps no profiles. */
const shell = firstFile(
  Deno.env.get("LATCHKEY_CHROMIUM"),
  "/usr/bin/chromium-headless-shell",
  "/usr/bin/chromium",
);

/** What the name of a test that needs Chromium ends with: why it is ignored, if it is. */
export const browserNote = chromium === undefined
  ? " (ignored: no Chromium; LATCHKEY_CHROMIUM names one)"
  : "";

/** Starts Chromium without a window; whoever calls closes it. Throws an `Error` where there is none. */
export async function launch(): Promise<Browser> {
  return await playwright.launch(options(shell));
}

/**
 * Starts Chromium as somebody's own whose profile, in this empty folder, has these settings; whoever calls closes it. It
 * takes any certificate. Throws an `Error` where there is none.
 */
export async function launchOwn(
  folder: string,
  profile: Readonly<Record<string, unknown>>,
): Promise<BrowserContext> {
  await Deno.mkdir(join(folder, "Default"));
  await Deno.writeTextFile(join(folder, "Default", "Preferences"), JSON.stringify({ profile }));
  return await playwright.launchPersistentContext(folder, {
    ...options(chromium),
    ignoreHTTPSErrors: true,
  });
}

function options(executablePath: string | undefined) {
  if (executablePath === undefined) throw new Error("no Chromium");
  return {
    executablePath,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--no-first-run",
    ],
  };
}

function firstFile(...paths: readonly (string | undefined)[]): string | undefined {
  return paths.find((path) => path !== undefined && isFile(path));
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
