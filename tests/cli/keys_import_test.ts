/** Whether a key that was made elsewhere becomes a managed one, and nothing that the server could not use. */

import assert from "node:assert/strict";
import { join } from "node:path";
import type { JWK } from "jose";
import { openRing } from "../../src/keys/data_protection.ts";
import { type Keys, openKeys } from "../../src/keys/keys.ts";
import { newPrivateKey } from "../../src/keys/new_key.ts";
import { SPREAD } from "../../src/keys/plan.ts";
import { MANAGED_PHASES } from "../../src/config/schema.ts";
import type { SigningAlgorithm } from "../../src/oauth/client.ts";
import { type Ran, run } from "../support/cli.ts";
import type { RawConfig } from "../support/config.ts";
import { START } from "../support/env.ts";
import { pem, privateJwk, publicJwk, rsaJwk } from "../support/signing_keys.ts";
import { type StoreFile, storeFile } from "../support/store_file.ts";

const DAY = 86_400;
/** Quick to make; RSA is managed where a case is about it. */
const ALGORITHMS: readonly SigningAlgorithm[] = ["ES256", "EdDSA"];
const RSA: readonly SigningAlgorithm[] = ["ES256", "PS256"];
const es256 = { ...await privateJwk("ES256"), kid: "from-elsewhere" };

interface Scene extends StoreFile {
  /** Writes a file that its owner alone may use; its path. */
  put(name: string, content: string | object, mode?: number): Promise<string>;
  /** Runs `latchkey keys import …`. */
  import(...args: string[]): Promise<Ran>;
  instance(): Promise<Keys>;
}

/** A store in which a server has made its keys. */
async function scene(
  keys: RawConfig = {},
  algorithms: readonly SigningAlgorithm[] = ALGORITHMS,
): Promise<Scene> {
  const managed = { ...MANAGED_PHASES, algorithms: [...algorithms] };
  const here = await storeFile({
    tokens: { access_token_signed_response_alg: "ES256" },
    clients: [],
    keys: { managed, ...keys },
  });
  const instance = async () => {
    const { env, store, records } = here;
    const ring = await openRing(
      { env, store, records } as Parameters<typeof openRing>[0],
      undefined,
    );
    return await openKeys({ env, store, records, ring }, { managed });
  };
  await instance();
  return {
    ...here,
    async put(name, content, mode = 0o600) {
      const path = join(here.file, "..", name);
      await Deno.writeTextFile(
        path,
        typeof content === "string" ? content : JSON.stringify(content),
      );
      await Deno.chmod(path, mode);
      return path;
    },
    import: (...args) => here.latchkey("keys", "import", ...args),
    instance,
  };
}

Deno.test("keys import: a key keeps its kid, is announced, and signs after the propagation", async () => {
  await using here = await scene();
  const file = await here.put("k.json", es256);
  const { code, stdout, stderr } = await here.import(file);
  assert.deepEqual([code, stderr], [0, ""]);
  assert.equal(
    stdout,
    "ES256: from-elsewhere is announced and signs from 2026-01-02T00:02:00Z on\n",
  );
  const keys = await here.instance();
  assert.equal(keys.find("from-elsewhere")?.kid, "from-elsewhere");
  assert.notEqual(keys.signing("ES256")?.kid, "from-elsewhere");
  here.env.advance(DAY + SPREAD);
  await keys.tend();
  assert.equal(keys.signing("ES256")?.kid, "from-elsewhere");
  const events = here.env.events.filter(({ message }) => message === "key.imported");
  assert.deepEqual(events.map(({ members }) => members), [{
    kid: "from-elsewhere",
    alg: "ES256",
    signs_from: START + DAY + SPREAD,
    retires_at: undefined,
  }]);
});

Deno.test("keys import --now: it signs at once; the name of a PEM file or --algorithm says with what", async () => {
  await using here = await scene({}, RSA);
  const rsa = await privateJwk("PS256");
  const file = await here.put("k.ps256.pem", pem(rsa));
  const named = await here.import(file, "--now");
  assert.deepEqual([named.code, named.stderr], [0, ""]);
  const keys = await here.instance();
  here.env.advance(1);
  assert.match(
    named.stdout,
    new RegExp(`^PS256: ${keys.signing("PS256")!.kid} signs from now on$`, "m"),
  );
  const { code, stdout } = await run(
    [
      "keys",
      "import",
      "-",
      "--algorithm",
      "ES256",
      "--json",
      "--now",
      "--config",
      join(here.file, "..", "latchkey.yaml"),
    ],
    { env: here.env, secrets: [pem(es256)] },
  );
  assert.equal(code, 0);
  const { kid, alg } = JSON.parse(stdout);
  await keys.tend();
  here.env.advance(1);
  assert.deepEqual([alg, keys.signing("ES256")!.kid], ["ES256", kid]);
});

Deno.test("keys import --verify-only: it is published for what it has signed, never signs, and goes", async () => {
  await using here = await scene();
  const before = (await here.instance()).signing("ES256")!.kid;
  const { code, stdout } = await here.import(await here.put("k.json", es256), "--verify-only");
  assert.equal(code, 0);
  assert.equal(
    stdout,
    "ES256: from-elsewhere is published until 2026-01-15T00:02:00Z, and never signs\n",
  );
  const keys = await here.instance();
  assert.equal(keys.signing("ES256")!.kid, before);
  assert.equal(keys.list().find(({ kid }) => kid === "from-elsewhere")?.phase, "retained");
  for (let day = 1; day <= 14; day++) {
    here.env.advance(DAY);
    await keys.tend();
    assert.equal(keys.signing("ES256")!.kid, before);
  }
  here.env.advance(SPREAD);
  assert.equal(keys.find("from-elsewhere"), undefined);
});

Deno.test("keys import: the store holds it sealed, and nothing of it is printed or logged", async () => {
  await using here = await scene();
  const ran = await here.import(await here.put("k.json", { ...es256, not_after: "2030-01-01" }));
  assert.equal(ran.code, 0);
  assert.match(ran.stderr, /dates are left behind/);
  const record = await here.records.signing_key.get("from-elsewhere");
  const stored = new TextDecoder("latin1").decode(record!.sealed_jwk);
  for (const text of [ran.stdout, ran.stderr, stored, JSON.stringify(here.env.events)]) {
    assert.ok(!text.includes(es256.d!));
  }
});

const REFUSED: readonly (readonly [rule: string, name: string, content: string | JWK, RegExp])[] = [
  ["a public key", "k.json", publicJwk(es256), /a public key, where a private key is needed/],
  [
    "an algorithm that isn't managed",
    "k.json",
    await privateJwk("ES384"),
    /signs with ES384, which keys\.managed\.algorithms does not name; name it there first/,
  ],
  [
    "a PEM whose type isn't managed",
    "k.pem",
    pem(await privateJwk("PS256")),
    /signs with RS256, which keys/,
  ],
  ["a name that does not fit", "k.es384.pem", pem(es256), /its alg ES384 does not fit/],
  ["a weak key", "k.ps256.pem", pem(await rsaJwk(1024)), /1024 bits; at least 2048/],
  ["garbage", "k.json", "hunter2", /neither a JWK nor a JWK set/],
  [
    "an encrypted key",
    "k.pem",
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
    /an encrypted key; decrypt it/,
  ],
  [
    "several keys",
    "k.json",
    JSON.stringify({ keys: [es256, es256] }),
    /several keys; give each its own file/,
  ],
  [
    "a long kid",
    "k.json",
    { ...es256, kid: "x".repeat(256) },
    /its kid is longer than 100 characters/,
  ],
];

for (const [rule, name, content, problem] of REFUSED) {
  Deno.test(`keys import: refuses ${rule} in a line that names its file and quotes nothing of it`, async () => {
    await using here = await scene();
    const file = await here.put(name, content);
    const { found: before } = await here.records.signing_key.list();
    const { code, stdout, stderr } = await here.import(file);
    assert.deepEqual([code, stdout], [1, ""]);
    assert.match(stderr, problem);
    assert.ok(stderr.startsWith(`${file}: `) && stderr.split("\n").length === 2, stderr);
    assert.ok(!stderr.includes("hunter2") && !stderr.includes(es256.d!));
    assert.deepEqual((await here.records.signing_key.list()).found, before);
  });
}

Deno.test("keys import: refuses a file that others may use, one that is there already, and what contradicts it", async () => {
  await using here = await scene();
  const open = await here.import(await here.put("open.json", es256, 0o644));
  assert.equal(open.code, 1);
  assert.match(
    open.stderr,
    /open\.json: others than its owner may use it \(mode 0644\); chmod 600 it\n$/,
  );
  const file = await here.put("k.json", es256);
  const other = await here.import(file, "--algorithm", "ES384");
  assert.equal(other.code, 1);
  assert.match(other.stderr, /k\.json: its alg is not/);
  assert.equal((await here.import(file)).code, 0);
  const again = await here.import(file, "--now");
  assert.deepEqual([again.code, again.stdout], [1, ""]);
  assert.match(
    again.stderr,
    /k\.json: the managed ES256 key from-elsewhere is the same key already\n$/,
  );
  const both = await here.import(file, "--now", "--verify-only");
  assert.equal(both.code, 2);
  assert.match((await here.import(join(here.file, "..", "none.json"))).stderr, /can't be read/);
});

Deno.test("keys import: refuses the same key under another name, and another key under the same: no server would start", async () => {
  await using here = await scene();
  assert.equal((await here.import(await here.put("k.json", es256))).code, 0);
  const renamed = await here.import(await here.put("renamed.json", { ...es256, kid: "other" }));
  assert.equal(renamed.code, 1);
  assert.match(renamed.stderr, /the managed ES256 key from-elsewhere is the same key already\n$/);
  const other = { ...await privateJwk("EdDSA"), kid: es256.kid };
  const namesake = await here.import(await here.put("namesake.json", other));
  assert.equal(namesake.code, 1);
  assert.match(namesake.stderr, /the managed ES256 key from-elsewhere has its kid already\n$/);
  await here.instance();
});

Deno.test("keys import: of several operators at the same moment one brings the key", async () => {
  await using here = await scene();
  const file = await here.put("k.json", es256);
  const all = await Promise.all([1, 2, 3].map(() => here.import(file)));
  assert.deepEqual(all.map(({ code }) => code).sort(), [0, 1, 1]);
  const keys = await here.instance();
  assert.equal(keys.jwks.keys.length, ALGORITHMS.length + 1);
});

Deno.test("keys import: beside a configured key of its name it is refused, of its algorithm it is told", async () => {
  await using folder = await scene();
  const file = await folder.put("keys.json", es256);
  await using here = await scene({ jwks: { file } });
  const same = await here.import(file);
  assert.equal(same.code, 1);
  assert.match(same.stderr, /keys\.jwks is the same key already; once that has a not_after/);
  const next = await here.import(await here.put("k.json", (await newPrivateKey("ES256")).jwk));
  assert.equal(next.code, 0);
  assert.match(next.stderr, /keys\.jwks is configured, and signs with ES256 before it/);
});
