/** How is it heard that something in a folder of keys has changed? */

import { basename, resolve } from "node:path";
import { isLookedAt } from "./directory.ts";

/** What is to come; disposing stops listening. */
export interface Change extends AsyncDisposable {
  /** Aborts once something has changed in the folder, or `signal` has aborted. */
  readonly signal: AbortSignal;
}

/** The next change of what `isLookedAt` in a folder; without a folder, or where it says nothing, there is none. */
export function changeIn(directory: string | undefined, signal: AbortSignal): Change {
  const change = new AbortController();
  const stop = () => change.abort();
  signal.addEventListener("abort", stop);
  const watcher = directory === undefined ? undefined : watch(directory);
  const heard = watcher === undefined || directory === undefined
    ? undefined
    : listen(watcher, basename(resolve(directory)), stop);
  return {
    signal: change.signal,
    async [Symbol.asyncDispose]() {
      signal.removeEventListener("abort", stop);
      watcher?.close();
      await heard;
    },
  };
}

/** `undefined` where the folder is away, or too many are watched already: looking at it has to do. */
function watch(directory: string): Deno.FsWatcher | undefined {
  try {
    return Deno.watchFs(directory, { recursive: false });
  } catch {
    return undefined;
  }
}

async function listen(watcher: Deno.FsWatcher, folder: string, stop: () => void): Promise<void> {
  try {
    for await (const { paths } of watcher) {
      // The database may lie in the same folder, and is written all the time.
      const names = paths.map((path) => basename(path));
      if (names.some((name) => name === folder || isLookedAt(name))) stop();
    }
  } catch { /* The folder is looked at without being told. */ }
}
