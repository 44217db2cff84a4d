/** Whether a new key comes into a file that is new, private, and one that the server can sign with. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { openStaticKeys } from "../../src/keys/static.ts";
import { SIGNING_ALGORITHMS } from "../../src/oauth/client.ts";
import { type Ran, run } from "../support/cli.ts";
import { RAW_CONFIG } from "../support/config.ts";
import { temporaryFolder } from "../support/process.ts";
import { keptRsaKeys } from "../support/signing_keys.ts";

interface Scene extends AsyncDisposable {
  readonly path: string;
  /** Runs `latchkey keys generate` for a file in the folder, which `keys.directory` names. */
  generate(name: string, ...args: string[]): Promise<Ran>;
}

async function scene(): Promise<Scene> {
  const folder = await temporaryFolder();
  const config = join(folder.path, "latchkey.yaml");
  const raw = {
    ...RAW_CONFIG,
    clients: [],
    tokens: { access_token_signed_response_alg: "ES256" },
    keys: { directory: folder.path },
  };
  await Deno.writeTextFile(config, JSON.stringify(raw));
  return {
    path: folder.path,
    generate: (name, ...args) =>
      run(["keys", "generate", join(folder.path, name), "--config", config, ...args]),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

async function opened({ path }: Scene) {
  const problems: string[] = [];
  const { keys } = await openStaticKeys({ directory: path }, problems);
  assert.deepEqual(problems, []);
  return keys;
}

Deno.test("keys generate: a PEM file of each algorithm that the server reads as it was meant", async () => {
  using _kept = await keptRsaKeys(2048);
  for (const alg of SIGNING_ALGORITHMS) {
    await using here = await scene();
    const name = `key.${alg.toLowerCase()}.pem`;
    const { code, stdout } = await here.generate(name);
    assert.equal(code, 0);
    const key = (await opened(here)).find(({ place }) => place.endsWith(name))!;
    assert.equal(key.alg, alg);
    assert.ok(stdout.startsWith(`${join(here.path, name)}: a new ${alg} key, ${key.kid}\n`));
    const { mode } = await Deno.stat(join(here.path, name));
    assert.equal(mode! & 0o777, 0o600);
  }
});

Deno.test("keys generate: a JWK has its name, its algorithm and its dates", async () => {
  await using here = await scene();
  const args = ["--algorithm", "ES256", "--not-before", "1d", "--not-after", "2026-12-31"];
  const { code, stdout } = await here.generate("key.json", ...args);
  assert.equal(code, 0);
  assert.match(stdout, /\nit is published as soon as .* signs from 2026-01-02T00:00:00Z on\n$/);
  const jwk = JSON.parse(await Deno.readTextFile(join(here.path, "key.json")));
  assert.deepEqual(
    [jwk.alg, jwk.use, jwk.not_before, jwk.not_after],
    ["ES256", "sig", "2026-01-02T00:00:00Z", "2026-12-31T00:00:00Z"],
  );
  const [key] = await opened(here);
  assert.equal(key!.kid, jwk.kid);
  assert.equal(new Date(key!.signs_from * 1000).toISOString(), "2026-01-02T00:00:00.000Z");
  assert.ok(!stdout.includes(jwk.d));
  const json = await here.generate("other.json", "--algorithm", "EdDSA", "--json");
  const { kid, alg, not_before } = JSON.parse(json.stdout);
  assert.deepEqual([alg, not_before], ["EdDSA", null]);
  assert.ok((await opened(here)).some((other) => other.kid === kid));
});

Deno.test("keys generate: it says when the server signs with it, and why not", async () => {
  await using here = await scene();
  const first = await here.generate("a.es256.pem");
  assert.match(first.stdout, /\nit signs as soon as the server has seen it\n$/);
  const second = await here.generate("b.es256.pem");
  assert.match(second.stdout, /\nit is published .*but .*a\.es256\.pem goes on signing, until/);
  await using elsewhere = await temporaryFolder();
  const config = join(here.path, "latchkey.yaml");
  const other = join(elsewhere.path, "c.es256.pem");
  const ran = await run(["keys", "generate", other, "--config", config]);
  assert.equal(ran.stdout.split("\n")[1], `the server finds it once it stands in ${here.path}`);
});

Deno.test("keys generate: RSA of the length that is asked for", async () => {
  using _kept = await keptRsaKeys(2048, 3072);
  for (const bits of [[], ["--bits", "3072"]]) {
    await using here = await scene();
    const name = `rsa${bits.length}.pem`;
    assert.equal((await here.generate(name, ...bits)).code, 0);
    const key = (await opened(here)).find(({ place }) => place.endsWith(name))!;
    assert.equal(key.alg, "RS256");
    const { modulusLength } = key.key.publicKey.algorithm as RsaKeyAlgorithm;
    assert.equal(modulusLength, bits.length === 0 ? 2048 : 3072);
  }
});

Deno.test("keys generate: never over a file, never through a link, and no folder is made", async () => {
  await using here = await scene();
  const file = join(here.path, "there.json");
  await Deno.writeTextFile(file, "precious");
  await Deno.symlink(join(here.path, "target.json"), join(here.path, "link.json"));
  await Deno.symlink(file, join(here.path, "taken.json"));
  for (const name of ["there.json", "link.json", "taken.json"]) {
    const { code, stdout, stderr } = await here.generate(name, "--algorithm", "ES256");
    assert.deepEqual([code, stdout], [1, ""]);
    assert.equal(stderr, `${join(here.path, name)}: is there already, and stays as it is\n`);
  }
  assert.equal(await Deno.readTextFile(file), "precious");
  await assert.rejects(Deno.stat(join(here.path, "target.json")), Deno.errors.NotFound);
  const { code, stderr } = await here.generate("none/key.json");
  assert.equal(code, 1);
  assert.match(stderr, /none\/key\.json: can't be written: /);
});

Deno.test("keys generate: wrong usage writes nothing", async () => {
  await using here = await scene();
  const wrong: [string[], RegExp][] = [
    [["key.txt"], /called NAME\.pem or NAME\.json/],
    [[".pem"], /called NAME\.pem or NAME\.json/],
    [
      ["key.pem", "--not-before", "1d"],
      /a PEM file holds no dates: call it NAME\.json, or .*manifest\.yaml/,
    ],
    [["key.pem", "--algorithm", "PS256"], /NAME\.ps256\.pem/],
    [
      ["key.es256.pem", "--algorithm", "ES384"],
      /the file's name says ES256, and --algorithm ES384/,
    ],
    [["key.hs256.pem"], /--algorithm is one of|the file's name/],
    [["key.json", "--algorithm", "HS256"], /--algorithm is one of/],
    [["key.json", "--algorithm", "ES256", "--bits", "2048"], /--bits is for RSA, and ES256 is not/],
    [["key.json", "--bits", "1024"], /--bits is one of 2048, 3072, 4096/],
    [["key.json", "--not-before", "soon"], /--not-before needs a date such as/],
    [["key.json", "--not-before", "999999999d"], /--not-before needs a date such as/],
    [["key.json", "--not-after", "99999999d"], /--not-after needs a date such as/],
    [["key.json", "--not-before", "2d", "--not-after", "1d"], /--not-after has to be later/],
    [["key.json", "--not-after", "2020-01-01"], /--not-after has to be later/],
  ];
  for (const [[name = "", ...args], reason] of wrong) {
    const { code, stdout, stderr } = await here.generate(name, ...args);
    assert.deepEqual([code, stdout], [2, ""], `${name} ${args.join(" ")}`);
    assert.match(stderr, reason);
  }
  const names = (await Array.fromAsync(Deno.readDir(here.path))).map(({ name }) => name);
  assert.deepEqual(names, ["latchkey.yaml"]);
});
