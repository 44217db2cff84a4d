/** Whether the keys of a folder can be exchanged while they are in use, all or none. */

import assert from "node:assert/strict";
import type { Config } from "../../src/config/schema.ts";
import { type Keys, openKeys } from "../../src/keys/keys.ts";
import { keysServer } from "../support/keys_server.ts";
import { pem, privateJwk } from "../support/signing_keys.ts";

const es256 = await privateJwk("ES256");
const eddsa = await privateJwk("EdDSA");
const es384 = await privateJwk("ES384");
const required = [{
  path: ["tokens", "access_token_signed_response_alg"],
  algorithm: "ES256",
}] as const;

interface Folder {
  readonly directory: string;
  readonly keys: Keys;
  write(name: string, text: string): Promise<void>;
}

async function withFolder(
  test: (folder: Folder) => Promise<void>,
  config: Partial<Config["keys"]> = {},
): Promise<void> {
  const directory = await Deno.makeTempDir();
  const write = (name: string, text: string) =>
    Deno.writeTextFile(`${directory}/${name}`, text, { mode: 0o600 });
  try {
    await write("a.pem", pem(es256));
    const keys = await openKeys(keysServer(), { directory, ...config }, required);
    await test({ directory, keys, write });
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

Deno.test("Keys.reload: what came into the folder signs, and what went is gone", async () => {
  await withFolder(async ({ directory, keys, write }) => {
    const { jwks } = keys;
    assert.equal(await keys.reload(), false);
    assert.equal(keys.jwks, jwks, "nothing has changed");
    await write("b.pem", pem(eddsa));
    await Deno.rename(`${directory}/a.pem`, `${directory}/c.pem`);
    assert.equal(await keys.reload(), true);
    assert.deepEqual(keys.algorithms, ["ES256", "EdDSA"]);
    await Deno.remove(`${directory}/b.pem`);
    assert.equal(await keys.reload(), true);
    assert.deepEqual(keys.algorithms, ["ES256"]);
  });
});

Deno.test("Keys.reload: a set with anything wrong in it changes nothing", async () => {
  await withFolder(async ({ directory, keys, write }) => {
    const { jwks } = keys;
    const wrong: [name: string, text: string, message: RegExp][] = [
      ["b.pem", "hunter2", /b\.pem: not a PEM file/],
      ["b.json", JSON.stringify({ keys: [eddsa, 7] }), /b\.json: keys\[1\]: not a JWK/],
      ["b.json", JSON.stringify({ ...eddsa, kid: keys.jwks.keys[0]!.kid }), /the same kid/],
    ];
    for (const [name, text, message] of wrong) {
      await write("0.pem", pem(es384));
      await write(name, text);
      await assert.rejects(keys.reload(), { name: "KeyError", message });
      assert.equal(keys.jwks, jwks);
      assert.deepEqual(keys.algorithms, ["ES256"]);
      await Deno.remove(`${directory}/${name}`);
    }
    await Deno.rename(directory, `${directory}.away`);
    await assert.rejects(keys.reload(), { name: "KeyError", message: /can't be read/ });
    assert.equal(keys.jwks, jwks);
    await Deno.rename(`${directory}.away`, directory);
    assert.equal(await keys.reload(), true);
    assert.deepEqual(keys.algorithms, ["ES256", "ES384"]);
  });
});

Deno.test("Keys.reload: an algorithm that the configuration asks for keeps its key", async () => {
  await withFolder(async ({ directory, keys, write }) => {
    await write("b.pem", pem(eddsa));
    await Deno.remove(`${directory}/a.pem`);
    await assert.rejects(keys.reload(), {
      name: "MissingKey",
      message: "tokens.access_token_signed_response_alg: no key signs with ES256",
    });
    assert.deepEqual(keys.algorithms, ["ES256"]);
  });
});

Deno.test("Keys.reload: whoever loses a key of the folder signs with a managed one", async () => {
  const managed = {
    algorithms: ["ES256" as const],
    propagation: 300,
    rotation: 9000,
    retention: 0,
  };
  await withFolder(async ({ directory, keys }) => {
    const own = keys.list().find(({ source }) => source === "managed");
    assert.equal(own?.phase, "announced");
    await Deno.remove(`${directory}/a.pem`);
    assert.equal(await keys.reload(), true);
    assert.equal(keys.signing("ES256"), own?.key);
    await keys.tend();
    assert.equal(keys.list().length, 1);
  }, { managed });
});

Deno.test("Keys.reload: says where a key comes under the kid of another, by which others have kept that one", async () => {
  const directory = await Deno.makeTempDir();
  const write = (name: string, jwk: object) =>
    Deno.writeTextFile(`${directory}/${name}`, JSON.stringify(jwk), { mode: 0o600 });
  try {
    await write("a.json", { ...es256, kid: "mine" });
    await write("b.json", { ...es384, kid: "other" });
    const server = keysServer();
    const keys = await openKeys(server, { directory });
    await write("a.json", { ...eddsa, kid: "mine" });
    await write("b.json", { ...es384, kid: "other", not_after: "2030-01-01" });
    assert.equal(await keys.reload(), true);
    assert.equal(keys.signing("EdDSA")?.kid, "mine");
    const said = server.env.events.filter(({ message }) => message === "keys.warning");
    assert.deepEqual(said.map(({ members }) => members["problem"]), [
      `${directory}/a.json: its kid was that of another key; give each key one of its own`,
    ]);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
