/** What `loadConfig` says of files and folders that it can't take. */

import assert from "node:assert/strict";
import { loadConfig } from "../../src/config/load.ts";
import { ConfigError } from "../../src/config/problem.ts";
import { load } from "../support/config_files.ts";

const ISSUER = "issuer: http://127.0.0.1:9000\n";

Deno.test("loadConfig: a path that leads nowhere", async () => {
  await assert.rejects(
    loadConfig("/nonexistent/config", () => undefined),
    (error) => {
      assert.ok(error instanceof ConfigError);
      assert.deepEqual(error.problems, [{
        file: "/nonexistent/config",
        line: 0,
        column: 0,
        path: "",
        message: "no such file or folder",
      }]);
      assert.equal(error.message, "/nonexistent/config: no such file or folder");
      return true;
    },
  );
});

Deno.test("loadConfig: a path through a file, and one that no system takes", async () => {
  const { problems } = await load({ "c.yaml": ISSUER }, {}, "c.yaml/d.yaml");
  assert.deepEqual(problems, ["c.yaml/d.yaml: not readable"]);
  await assert.rejects(loadConfig("a\0b", () => undefined), ConfigError);
});

Deno.test({
  name: "loadConfig: what may not be read is said to be so",
  permissions: { read: false },
  async fn() {
    await assert.rejects(loadConfig("config", () => undefined), {
      message: "config: permission denied",
    });
  },
});

Deno.test("loadConfig: a folder without YAML", async () => {
  assert.deepEqual((await load({ "notes.txt": "" })).problems, [
    "the folder: no *.yaml or *.yml file in this folder",
  ]);
});

Deno.test("loadConfig: a folder of more than 1000 files", async () => {
  const files = Object.fromEntries(
    Array.from({ length: 1001 }, (_, index) => [`${index}.yaml`, ""]),
  );
  assert.deepEqual((await load(files)).problems, [
    "the folder: more than 1000 files in this folder",
  ]);
});

Deno.test("loadConfig: a file of 50 MB, of which no more than needed is read", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/large.yaml`;
    await Deno.writeFile(path, new Uint8Array());
    await Deno.truncate(path, 50_000_000);
    await assert.rejects(loadConfig(path, () => undefined), {
      message: `${path}: larger than 1024 KiB`,
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("loadConfig: binary files, all of them", async () => {
  const { problems } = await load({
    "a.yaml": new Uint8Array([0x61, 0x3a, 0x00]),
    "b.yaml": new Uint8Array([0x61, 0xff]),
    "c.yaml": ISSUER,
  });
  assert.deepEqual(problems, [
    "a.yaml: not a text: it holds NUL bytes",
    "b.yaml: not a text in UTF-8",
  ]);
});

Deno.test("loadConfig: an alias bomb", async () => {
  const bomb = Array.from(
    { length: 9 },
    (_, level) => `a${level}: &a${level} [${Array(9).fill(level ? `*a${level - 1}` : "x")}]`,
  );
  assert.deepEqual((await load({ "c.yaml": bomb.join("\n") })).problems, [
    "c.yaml:7:10: with its aliases the file holds more than 1000000 values",
  ]);
});

Deno.test("loadConfig: a byte order mark and CRLF change nothing", async () => {
  const { config } = await load({
    "c.yaml": `\ufeff${ISSUER}store:\n  url: x\n`.replaceAll("\n", "\r\n"),
  });
  assert.equal(config?.store.url, "x");
});
