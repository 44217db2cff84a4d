/** Whether whatever may have changed a key is seen without reading it, and nothing else. */

import assert from "node:assert/strict";
import { fingerprint } from "../../src/keys/fingerprint.ts";
import { temporaryFolder } from "../support/process.ts";

Deno.test("fingerprint: is another one once a file came, went, was written, replaced or is anybody else's to read, whatever its times", async () => {
  await using folder = await temporaryFolder();
  const { path } = folder;
  const then = new Date("2026-01-01");
  const write = async (name: string, text: string) => {
    await Deno.writeTextFile(`${path}/${name}`, text, { mode: 0o600 });
    await Deno.utime(`${path}/${name}`, then, then);
  };
  await write("a.pem", "one");
  const changes: [what: string, change: () => Promise<unknown>][] = [
    ["written", () => write("a.pem", "three")],
    ["replaced", async () => {
      await write("other", "three");
      await Deno.rename(`${path}/other`, `${path}/a.pem`);
    }],
    ["readable", () => Deno.chmod(`${path}/a.pem`, 0o644)],
    ["came", () => write("a.crt", "")],
    ["went", () => Deno.remove(`${path}/a.crt`)],
    ["dates", () => write("manifest.yaml", "")],
    ["folder open to all", () => Deno.chmod(path, 0o777)],
    ["away", () => Deno.rename(path, `${path}.away`)],
    ["back", () => Deno.rename(`${path}.away`, path)],
  ];
  let before = await fingerprint(path);
  for (const [what, change] of changes) {
    await change();
    const after = await fingerprint(path);
    assert.notEqual(after, before, what);
    before = after;
  }
  await write("latchkey.db", "written all the time");
  assert.equal(await fingerprint(path), before);
});
