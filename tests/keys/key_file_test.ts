/** Whether files and folders that others may use or change are told from those that only their owner may. */

import assert from "node:assert/strict";
import { isPrivate } from "../../src/keys/key_file.ts";
import { openKeys } from "../../src/keys/keys.ts";
import { keysServer } from "../support/keys_server.ts";
import { pem, privateJwk } from "../support/signing_keys.ts";

Deno.test("isPrivate: a group may read what is root's where the process is not, and nobody else may do anything", () => {
  const table: [mode: number | null, uid: number | null, own: number | undefined, is: boolean][] = [
    [0o100600, 1000, 1000, true],
    [0o100400, 0, undefined, true],
    [0o100640, 0, 1000, true],
    [0o100440, 0, 1000, true],
    [0o100640, 0, 0, false],
    [0o100640, 0, undefined, false],
    [0o100640, 1000, 1000, false],
    [0o100640, 1000, 0, false],
    [0o100660, 0, 1000, false],
    [0o100650, 0, 1000, false],
    [0o100644, 0, 1000, false],
    [0o100604, 0, 1000, false],
    [null, null, undefined, true],
  ];
  for (const [mode, uid, own, is] of table) {
    assert.equal(isPrivate({ mode, uid }, own), is, `${mode?.toString(8)} ${uid} ${own}`);
  }
});

Deno.test("openKeys: refuses a folder into which anybody may put files, and follows links", async () => {
  const folder = await Deno.makeTempDir();
  try {
    // As Kubernetes mounts a secret: each file is a link by way of a link to a folder.
    await Deno.mkdir(`${folder}/keys/..2026_01_01`, { recursive: true });
    const file = `${folder}/keys/..2026_01_01/a.pem`;
    await Deno.writeTextFile(file, pem(await privateJwk("EdDSA")), { mode: 0o600 });
    await Deno.symlink("..2026_01_01", `${folder}/keys/..data`);
    await Deno.symlink("..data/a.pem", `${folder}/keys/a.pem`);
    const directory = `${folder}/keys`;
    assert.ok(await openKeys(keysServer(), { directory }));
    await Deno.chmod(file, 0o644);
    await assert.rejects(openKeys(keysServer(), { directory }), {
      message: `${directory}/a.pem: others than its owner may use it (mode 0644); chmod 600 it`,
    });
    await Deno.chmod(file, 0o600);
    await Deno.chmod(directory, 0o777);
    await assert.rejects(openKeys(keysServer(), { directory }), {
      message: `${directory}: others may write into it (mode 0777); chmod o-w it`,
    });
    for (const mode of [0o1777, 0o770, 0o755]) {
      await Deno.chmod(directory, mode);
      assert.ok(await openKeys(keysServer(), { directory }));
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
