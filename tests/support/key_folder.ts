/** A folder of keys for as long as a test looks at it. */

import { utf8 } from "../../src/lib/bytes.ts";

/** Runs `test` with a folder of these files, by their names, which their owner alone may use. */
export async function withKeyFolder(
  files: Readonly<Record<string, string | Uint8Array>>,
  test: (directory: string) => Promise<void>,
): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    for (const [name, content] of Object.entries(files)) {
      const bytes = typeof content === "string" ? utf8(content) : content;
      await Deno.writeFile(`${directory}/${name}`, bytes, { mode: 0o600 });
    }
    await test(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}
