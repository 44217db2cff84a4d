/** Whether files and folders that others may use or change are told from those that only their owner may. */

import assert from "node:assert/strict";
import { isPrivate, isTrusted, readPublic, readSecret } from "../../src/keys/key_file.ts";
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

Deno.test("isTrusted: where anybody may put files, those of the folder's owner, of root and of the process count", () => {
  const table: [
    uid: number | null,
    folder: number | null | undefined,
    own: number | undefined,
    is?: true,
  ][] = [
    [1, undefined, 2, true],
    [1, 1, 2, true],
    [0, 1, 2, true],
    [2, 1, 2, true],
    [3, 1, 2],
    [3, 0, undefined],
    [3, null, undefined],
    [null, null, undefined, true],
  ];
  for (const [uid, folder, own, is = false] of table) {
    const trusted = folder === undefined ? undefined : { uid: folder };
    assert.equal(isTrusted({ uid }, trusted, own), is, `${uid} ${folder} ${own}`);
  }
});

Deno.test({
  name:
    "openKeys: takes nobody else's key, dates or certificate where anybody may put files into the folder",
  ignore: Deno.uid() !== 0,
  async fn() {
    const directory = await Deno.makeTempDir();
    try {
      await Deno.writeTextFile(`${directory}/a.pem`, pem(await privateJwk("EdDSA")), {
        mode: 0o600,
      });
      await Deno.chmod(directory, 0o1777);
      await Deno.chown(directory, 1234, null);
      await Deno.chown(`${directory}/a.pem`, 1234, null);
      assert.ok(await openKeys(keysServer(), { directory }));
      const foreign = {
        "b.pem": pem(await privateJwk("ES256")),
        "manifest.yaml": "a.pem: { not_after: 2020-01-01 }",
        "a.crt": "none",
      };
      for (const [name, text] of Object.entries(foreign)) {
        const path = `${directory}/${name}`;
        await Deno.writeTextFile(path, text, { mode: 0o600 });
        await Deno.chown(path, 4321, null);
        await assert.rejects(openKeys(keysServer(), { directory }), {
          message:
            `${path}: belongs to user 4321, and anybody may put files into its folder; chmod o-w that`,
        });
        await Deno.remove(path);
      }
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  },
});

Deno.test("readSecret: what counts is the file that was opened, whatever stood there a moment before", async () => {
  const folder = await Deno.makeTempDir();
  const { stat } = Deno;
  try {
    const path = `${folder}/key.pem`;
    await Deno.writeTextFile(`${folder}/before`, "before", { mode: 0o600 });
    Deno.stat = () => stat(`${folder}/before`);
    await Deno.writeTextFile(path, "after", { mode: 0o600 });
    assert.equal(await readSecret(path), "after");
    await Deno.chmod(path, 0o640);
    await assert.rejects(readSecret(path), {
      message: "others than its owner may use it (mode 0640); chmod 600 it",
    });
    await Deno.chmod(path, 0o600);
    await Deno.writeTextFile(path, "x".repeat(256 * 1024));
    assert.equal((await readSecret(path)).length, 256 * 1024);
    await Deno.writeTextFile(path, "x".repeat(256 * 1024 + 1));
    await assert.rejects(readSecret(path), { message: "larger than 256 KiB" });
  } finally {
    Deno.stat = stat;
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test({
  name: "readPublic: a file that says that it is empty and has no end is not read to its end",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await assert.rejects(readPublic("/proc/kallsyms"), { message: "larger than 256 KiB" });
  },
});

Deno.test({
  name: "readSecret: a pipe that nobody writes to keeps nobody waiting",
  ignore: Deno.build.os === "windows",
  async fn() {
    const folder = await Deno.makeTempDir();
    const path = `${folder}/key.pem`;
    assert.ok((await new Deno.Command("mkfifo", { args: ["-m", "600", path] }).output()).success);
    const waited = Promise.withResolvers<string>();
    const timer = setTimeout(() => waited.resolve("waits"), 5000);
    try {
      const read = readSecret(path).catch(({ message }) => message);
      assert.equal(await Promise.race([read, waited.promise]), "not a file");
    } finally {
      clearTimeout(timer);
      // Whoever does wait is let go.
      (await Deno.open(path, { read: true, write: true })).close();
      await Deno.remove(folder, { recursive: true });
    }
  },
});
