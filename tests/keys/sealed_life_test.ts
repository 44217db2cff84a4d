/** Whether everything that is sealed is known to whoever drops keys, and for how long it lives. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { longestLife, SEALED_LIFE } from "../../src/keys/sealed_life.ts";
import { testConfig, withClient } from "../support/config.ts";

const SOURCE = fileURLToPath(new URL("../../src", import.meta.url));
const DAY = 86_400;

async function sources(folder = SOURCE): Promise<{ path: string; text: string }[]> {
  const found: { path: string; text: string }[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (isDirectory) found.push(...await sources(path));
    else if (/\.tsx?$/.test(name)) found.push({ path, text: await Deno.readTextFile(path) });
  }
  return found;
}

Deno.test("SEALED_LIFE: has every purpose for which something is sealed, and no other", async () => {
  const sealing = (await sources()).filter(({ path, text }) =>
    /\bring\.seal\(/.test(text) && !path.endsWith("/keys/reseal.ts")
  );
  const purposes = sealing.flatMap(({ path, text }) => {
    const literal = /^const PURPOSE = "(\w+)";$/m.exec(text)?.[1];
    if (literal !== undefined) return [literal];
    const table = /^const PURPOSE: Readonly<Record<[^=]*= \{([^}]*)\}/m.exec(text)?.[1];
    if (table !== undefined) return [...table.matchAll(/"(\w+)"/g)].map(([, name = ""]) => name);
    assert.match(text, /import \{[^}]*PURPOSE[^}]*\} from "\.\/reseal\.ts"/, path);
    return [];
  });
  assert.ok(sealing.length >= 6);
  assert.deepEqual(purposes.toSorted(), Object.keys(SEALED_LIFE).toSorted());
});

Deno.test("longestLife: 180 days, or as long as a session or the grace of a refresh token where that is longer", async () => {
  assert.equal(longestLife(await testConfig()), 180 * DAY);
  const sessions = { absolute_lifetime: "200d", idle_lifetime: "1h" };
  assert.equal(longestLife(await testConfig({ sessions })), 200 * DAY);
  const patient = withClient("web", { refresh_token_grace: "300d" });
  assert.equal(longestLife(await testConfig(patient)), 300 * DAY);
});
