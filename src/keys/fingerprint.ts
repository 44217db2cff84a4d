/** Has anything changed in a folder of keys, as far as can be seen without reading a file? */

import { join } from "node:path";
import { isLookedAt } from "./directory.ts";

/** A text that is another one once a key file, certificate or manifest came, went or was written, or the folder is another. */
export async function fingerprint(directory: string): Promise<string> {
  try {
    const names: string[] = [];
    for await (const { name } of Deno.readDir(directory)) if (isLookedAt(name)) names.push(name);
    const files = names.sort().map(async (name) => [name, await look(join(directory, name))]);
    return JSON.stringify([await look(directory), await Promise.all(files)]);
  } catch (error) {
    return error instanceof Error ? error.name : String(error);
  }
}

/** Links are followed: Kubernetes exchanges all files at once by another link. */
async function look(path: string): Promise<unknown> {
  try {
    const { isFile, size, mtime, ctime, ino, dev, mode, uid } = await Deno.stat(path);
    // Whatever else lies in a folder changes its times.
    return isFile ? [size, mtime, ctime, ino, dev, mode, uid] : [ino, dev, mode, uid];
  } catch (error) {
    return error instanceof Error ? error.name : String(error);
  }
}
