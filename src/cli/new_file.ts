/** How is a secret written into a file without anybody else reading it, and without anything being lost? */

import { utf8 } from "../lib/bytes.ts";

/** Writes a file that was not there, for its owner alone. Answers why it can't; then there is none. */
export async function writeNew(path: string, text: string): Promise<string | undefined> {
  let made = false;
  try {
    // Neither a file nor a link of this name is followed or overwritten.
    using file = await Deno.open(path, { write: true, createNew: true, mode: 0o600 });
    made = true;
    const bytes = utf8(text);
    // One write, so that a server that watches the folder finds all of it or nothing.
    if (await file.write(bytes) !== bytes.length) throw new Error("there is no space left");
    await file.sync();
    return undefined;
  } catch (error) {
    if (made) await Deno.remove(path);
    if (error instanceof Deno.errors.AlreadyExists) return "is there already, and stays as it is";
    return `can't be written: ${error instanceof Error ? error.message : String(error)}`;
  }
}
