/** Whether an operator can see, replace and end the keys that a running server signs with. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { openRing } from "../../src/keys/data_protection.ts";
import { type Keys, openKeys } from "../../src/keys/keys.ts";
import { MANAGED_PHASES } from "../../src/config/schema.ts";
import { type Ran, run } from "../support/cli.ts";
import { RAW_CONFIG, type RawConfig, SECRETS } from "../support/config.ts";
import { START } from "../support/env.ts";
import { temporaryFolder } from "../support/process.ts";
import { pem, privateJwk } from "../support/signing_keys.ts";
import { type TestServer, testServer } from "../support/server.ts";
import { type StoreFile, storeFile } from "../support/store_file.ts";

const DAY = 86_400;
/** RSA takes long to make, so most tests do without. */
const FAST = { managed: { algorithms: ["ES256", "EdDSA"] } };
/** Nothing that asks for RSA. */
const WITHOUT_RSA = {
  tokens: { access_token_signed_response_alg: "ES256" },
  clients: [],
  keys: FAST,
};

interface Scene extends StoreFile {
  /** Runs `latchkey keys …` with the configuration of the scene. */
  keys(...args: string[]): Promise<Ran>;
  /** What a command prints with `--json`. */
  json<T>(...args: string[]): Promise<T>;
  /** What an instance holds that starts now. */
  instance(): Promise<Keys>;
}

async function scene(members: RawConfig = {}): Promise<Scene> {
  const here = await storeFile({ ...WITHOUT_RSA, ...members });
  const keys = (...args: string[]) => here.latchkey("keys", ...args);
  return {
    ...here,
    keys,
    async json(...args) {
      const { code, stdout, stderr } = await keys(...args, "--json");
      assert.deepEqual([code, stderr], [0, ""]);
      return JSON.parse(stdout);
    },
    async instance() {
      const { env, store, records } = here;
      const ring = await openRing({ env, records }, undefined);
      const managed = { ...MANAGED_PHASES, algorithms: ["ES256", "EdDSA"] as const };
      return await openKeys({ env, store, records, ring }, {
        managed: { ...managed, algorithms: [...managed.algorithms] },
      });
    },
  };
}

interface Listed {
  readonly keys: readonly {
    readonly kid: string;
    readonly alg: string;
    readonly phase: string;
    readonly source: string;
    readonly signs_from: number | null;
    readonly retires_at: number | null;
    readonly rotates_at: number | null;
    readonly next: { readonly at: number; readonly phase: string } | null;
  }[];
  readonly missing: readonly string[];
}

interface Rotated {
  readonly alg: string;
  readonly kid: string;
  readonly signs_from: number;
  readonly changed: boolean;
  readonly previous: string | null;
}

/** `ES256 announced`, and so on. */
async function phases(here: Scene): Promise<string[]> {
  const { keys } = await here.json<Listed>("list");
  return keys.map(({ alg, phase }) => `${alg} ${phase}`);
}

/** The members by which private keys could be told. */
const PRIVATE = /"(d|p|q|dp|dq|qi|k|sealed_jwk)"|PRIVATE KEY/;

Deno.test("keys list: each managed key with its phase and what becomes of it", async () => {
  await using here = await scene();
  const keys = await here.instance();
  const [es, ed] = [keys.signing("ES256")!.kid, keys.signing("EdDSA")!.kid];
  here.env.advance(3 * DAY);
  const { code, stdout, stderr } = await here.keys("list");
  assert.deepEqual([code, stderr], [0, ""]);
  const created = "2026-01-01T00:00:00Z (3d ago)";
  assert.equal(
    stdout,
    `ALG    PHASE    KID${" ".repeat(40)}  FROM     CREATED                        NEXT
ES256  signing  ${es}  managed  ${created}  followed by a new key in 87d
EdDSA  signing  ${ed}  managed  ${created}  followed by a new key in 87d
`,
  );
  const json = await here.keys("list", "--json");
  assert.doesNotMatch(json.stdout, PRIVATE);
  const listed: Listed = JSON.parse(json.stdout);
  assert.deepEqual(listed.keys[0], {
    kid: es,
    alg: "ES256",
    phase: "signing",
    source: "managed",
    place: null,
    created_at: START,
    signs_from: START,
    retires_at: null,
    rotates_at: START + 90 * DAY,
    next: null,
  });
});

Deno.test("keys list: an announced key, the one that it follows, and one that has signed", async () => {
  await using here = await scene();
  await here.instance();
  const [first] = await here.json<Rotated[]>("rotate", "--algorithm", "ES256", "--now");
  here.env.advance(DAY);
  const [second] = await here.json<Rotated[]>("rotate", "--algorithm", "ES256");
  assert.ok(first && second);
  const { stdout } = await here.keys("list");
  assert.match(stdout, new RegExp(`^ES256 +announced +${second.kid} .* signs in 24h$`, "m"));
  assert.match(
    stdout,
    new RegExp(`^ES256 +signing +${first.kid} .* followed by ${second.kid} in 24h$`, "m"),
  );
  assert.match(stdout, new RegExp(`^ES256 +retained +${first.previous} .* retires in 13d$`, "m"));
  assert.deepEqual(await phases(here), [
    "ES256 announced",
    "ES256 signing",
    "ES256 retained",
    "EdDSA signing",
  ]);
});

Deno.test("keys list: keys of every source, and those that are not made yet, without a store and without the ring", async () => {
  await using folder = await temporaryFolder();
  const es256 = await privateJwk("ES256");
  await Deno.writeTextFile(join(folder.path, "k.pem"), pem(es256), { mode: 0o600 });
  const eddsa = { ...await privateJwk("EdDSA"), kid: "from-jwks" };
  const set = join(folder.path, "set.txt");
  await Deno.writeTextFile(set, JSON.stringify(eddsa), { mode: 0o600 });
  const url = join(folder.path, "none.kv");
  await using here = await scene({
    store: { url },
    keys: {
      directory: folder.path,
      jwks: { file: set },
      managed: { algorithms: ["ES384"] },
    },
  });
  const { code, stdout, stderr } = await here.keys("list");
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^ES256 +signing .*k\.pem +- +signs until somebody replaces it$/m);
  assert.match(
    stdout,
    /^EdDSA +signing +from-jwks +keys\.jwks +- +signs/m,
  );
  assert.match(stdout, /^ES384 +- +- +managed +- +made when the server starts$/m);
  assert.match(stderr, /^nothing is stored yet/);
  assert.doesNotMatch((await here.keys("list", "--json")).stdout, PRIVATE);
  await Deno.writeTextFile(join(folder.path, "bad.pem"), "x", { mode: 0o600 });
  const bad = await here.keys("list");
  assert.equal(bad.code, 1);
  assert.match(bad.stdout, /^ES256 +signing/m);
  assert.match(bad.stderr, /bad\.pem: not a PEM file/);
});

Deno.test("keys rotate: a successor is announced once, and signs after the propagation", async () => {
  await using here = await scene();
  const before = (await here.instance()).signing("ES256")!.kid;
  const { code, stdout, stderr } = await here.keys("rotate", "--algorithm", "ES256");
  assert.deepEqual([code, stderr], [0, ""]);
  assert.match(
    stdout,
    /^ES256: [\w-]{43} is announced and signs from 2026-01-02T00:02:00Z on, in 24h\n$/,
  );
  const again = await here.keys("rotate", "--algorithm", "ES256");
  assert.equal(again.code, 0);
  assert.match(again.stdout, /is announced already .*--now brings it forward\n$/);
  assert.deepEqual(await phases(here), ["ES256 announced", "ES256 signing", "EdDSA signing"]);
  const keys = await here.instance();
  assert.equal(keys.signing("ES256")!.kid, before);
  assert.equal(keys.jwks.keys.length, 3);
  here.env.advance(DAY + 120);
  await keys.refresh();
  assert.notEqual(keys.signing("ES256")!.kid, before);
  assert.equal(keys.find(before)?.kid, before);
});

Deno.test("keys rotate: without an algorithm each one that is managed gets a successor", async () => {
  await using here = await scene();
  await here.instance();
  const rotated = await here.json<Rotated[]>("rotate");
  assert.deepEqual(rotated.map(({ alg, changed }) => [alg, changed]), [["ES256", true], [
    "EdDSA",
    true,
  ]]);
  const created = here.env.events.filter(({ message }) => message === "key.created");
  assert.equal(created.length, 4);
  for (const { members } of created) {
    assert.deepEqual(Object.keys(members), ["kid", "alg", "signs_from"]);
  }
});

Deno.test("keys rotate --now: the new key signs at once, and an announced one is brought forward", async () => {
  await using here = await scene();
  const running = await here.instance();
  const first = running.signing("ES256")!.kid;
  const [announced] = await here.json<Rotated[]>("rotate", "--algorithm", "ES256");
  const { code, stdout } = await here.keys("rotate", "--algorithm", "ES256", "--now");
  assert.equal(code, 0);
  assert.equal(
    stdout,
    `ES256: ${announced!.kid} signs from now on; ${first} stays published for what it has signed\n`,
  );
  await running.tend();
  // Its first key has begun in this very second.
  here.env.advance(1);
  assert.equal(running.signing("ES256")!.kid, announced!.kid);
  const next = await here.json<Rotated[]>("rotate", "--now");
  here.env.advance(1);
  await running.tend();
  for (const { alg, kid } of next) assert.equal(running.signing(alg as "ES256")!.kid, kid);
  assert.equal(running.jwks.keys.length, 5);
});

for (const now of [[], ["--now"]]) {
  Deno.test(`keys rotate ${now.join("")}: of several operators at the same moment one makes a key`, async () => {
    await using here = await scene();
    await here.instance();
    here.env.advance(60);
    const args = ["rotate", "--algorithm", "ES256", ...now];
    const all = await Promise.all([1, 2, 3, 4].map(() => here.json<Rotated[]>(...args)));
    // Whoever has begun when the others were done replaces what they have made: that is another order.
    const kids = new Set(all.flat().filter(({ changed }) => changed).map(({ kid }) => kid));
    const { keys } = await here.json<Listed>("list");
    assert.equal(keys.filter(({ alg }) => alg === "ES256").length, 1 + kids.size);
    if (now.length === 0) assert.equal(kids.size, 1);
  });
}

Deno.test("keys rotate: refused for what isn't managed, and where a configured key signs", async () => {
  await using folder = await temporaryFolder();
  await Deno.writeTextFile(join(folder.path, "k.pem"), pem(await privateJwk("ES256")), {
    mode: 0o600,
  });
  await using here = await scene({ keys: { ...FAST, directory: folder.path } });
  await here.instance();
  const other = await here.keys("rotate", "--algorithm", "ES512");
  assert.deepEqual(other, {
    code: 1,
    stdout: "",
    stderr: "ES512 has no managed key: keys.managed.algorithms names ES256, EdDSA\n",
  });
  const configured = await here.keys("rotate", "--algorithm", "ES256");
  assert.deepEqual([configured.code, configured.stdout], [1, ""]);
  assert.match(configured.stderr, /^ES256: .*k\.pem signs, which is configured .*--not-before/);
  const rest = await here.keys("rotate");
  assert.equal(rest.code, 0);
  assert.match(rest.stdout, /^EdDSA: .* is announced/);
  assert.match(rest.stderr, /^ES256: .*k\.pem/);
  const wrong = await here.keys("rotate", "--algorithm", "es256");
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /did you mean ES256\?/);
  await using none = await scene({ keys: { directory: folder.path } });
  const unmanaged = await none.keys("rotate");
  assert.equal(unmanaged.code, 1);
  assert.match(unmanaged.stderr, /^no keys are managed.*; put `managed: \{\}` beside them/);
});

Deno.test("keys rotate, keys retire: with another ring than the servers' nothing is changed, and none is made", async () => {
  await using here = await scene();
  const { kid } = (await here.instance()).signing("ES256")!;
  const variables = { RING: "A".repeat(43) };
  const config = join(here.file, "..", "latchkey.yaml");
  const raw = JSON.parse(await Deno.readTextFile(config));
  const other = join(here.file, "..", "other.yaml");
  await Deno.writeTextFile(
    other,
    JSON.stringify({ ...raw, data_protection: { keys: [{ env: "RING" }] } }),
  );
  const { found: [ring] } = await here.records.ring.list();
  await here.records.ring.delete("data_protection");
  for (const lost of [false, true]) {
    for (const command of [["rotate"], ["rotate", "--now"], ["retire", kid]]) {
      const args = ["keys", ...command, "--config", lost ? config : other];
      const { code, stdout, stderr } = await run(args, { variables, env: here.env });
      assert.deepEqual([code, stdout], [1, ""]);
      assert.match(
        stderr,
        lost
          ? /data protection ring is lost/
          : /the data protection ring does not open \d managed signing key/,
      );
    }
    assert.equal((await here.records.ring.list()).found.length, 0);
    assert.deepEqual(await phases(here), ["ES256 signing", "EdDSA signing"]);
  }
  await here.records.ring.put("data_protection", ring!.record);
  assert.equal((await here.instance()).signing("ES256")!.kid, kid);
});

Deno.test("keys retire: a key that signs is gone at once, and another one signs", async () => {
  await using here = await scene();
  const running = await here.instance();
  const { kid } = running.signing("ES256")!;
  const { code, stdout, stderr } = await here.keys("retire", kid);
  assert.deepEqual([code, stderr], [0, ""]);
  const [, next] =
    /^ES256: [\w-]+ is gone, .* within 30 seconds, at once after SIGHUP\nES256: ([\w-]+) signs from now on\n$/
      .exec(stdout) ?? [];
  await running.tend();
  assert.equal(running.find(kid), undefined);
  assert.equal(running.signing("ES256")!.kid, next);
  assert.equal(await here.records.signing_key.get(kid), undefined);
  assert.deepEqual(await phases(here), ["ES256 signing", "EdDSA signing"]);
  const { members } = here.env.events.find(({ message }) => message === "key.retired")!;
  assert.deepEqual(members, { kid, alg: "ES256", reason: "operator" });
});

Deno.test("keys retire: one that is announced or retained goes alone", async () => {
  await using here = await scene();
  await here.instance();
  const [now] = await here.json<Rotated[]>("rotate", "--algorithm=ES256", "--now");
  here.env.advance(2);
  const [later] = await here.json<Rotated[]>("rotate", "--algorithm=ES256");
  for (const kid of [now!.previous!, later!.kid]) {
    const retired = await here.json<{ replaced_by: string | null }>("retire", kid);
    assert.equal(retired.replaced_by, null);
  }
  assert.deepEqual(await phases(here), ["ES256 signing", "EdDSA signing"]);
});

Deno.test("keys retire: a key that can't be opened goes, where its likes open; with the rest nothing else is done", async () => {
  await using here = await scene();
  const { kid } = (await here.instance()).signing("ES256")!;
  await here.records.signing_key.update(
    kid,
    (record) => record && { ...record, sealed_jwk: record.sealed_jwk.map((byte) => byte ^ 1) },
  );
  const rotated = await here.keys("rotate", "--now");
  assert.deepEqual([rotated.code, rotated.stdout], [1, ""]);
  assert.match(rotated.stderr, /the data protection ring does not open 1 managed signing key/);
  const retired = await here.json<{ replaced_by: string }>("retire", kid);
  const running = await here.instance();
  assert.equal(running.signing("ES256")!.kid, retired.replaced_by);
});

Deno.test("keys retire: a configured key and an unknown one are refused", async () => {
  await using folder = await temporaryFolder();
  const jwk = { ...await privateJwk("ES256"), kid: "mine" };
  await Deno.writeTextFile(join(folder.path, "k.json"), JSON.stringify(jwk), { mode: 0o600 });
  await using here = await scene({ keys: { ...FAST, directory: folder.path } });
  await here.instance();
  const configured = await here.keys("retire", "mine");
  assert.deepEqual([configured.code, configured.stdout], [1, ""]);
  assert.match(configured.stderr, /k\.json: a configured ES256 key.*take the file away/);
  const unknown = await here.keys("retire", "mime");
  assert.deepEqual(unknown, {
    code: 1,
    stdout: "",
    stderr: "no key has this kid; did you mean mine?\n",
  });
  const { stderr } = await here.keys("retire", "another");
  assert.equal(stderr, "no key has this kid; latchkey keys list names those that are there\n");
});

Deno.test("keys retire --all: never by accident", async () => {
  await using here = await scene();
  await here.instance();
  const wrong: [string[], RegExp][] = [
    [[], /needs the kid of a key, or --all/],
    [["x", "--all"], /needs the kid of a key, or --all/],
    [["x", "--confirm", "y"], /--confirm belongs to --all/],
    [["--all"], /add --confirm http:\/\/127\.0\.0\.1:9000/],
    [["--all", "--confirm", "yes"], /add --confirm http/],
  ];
  for (const [args, reason] of wrong) {
    const { code, stdout, stderr } = await here.keys("retire", ...args);
    assert.deepEqual([code, stdout], [2, ""]);
    assert.match(stderr, reason);
  }
  assert.deepEqual(await phases(here), ["ES256 signing", "EdDSA signing"]);
});

Deno.test("keys retire --all: whoever has lost the ring starts anew, and every instance with it", async () => {
  await using here = await scene();
  const before = (await here.instance()).signing("ES256")!.kid;
  await here.records.ring.delete("data_protection");
  const all = ["retire", "--all", "--confirm", "http://127.0.0.1:9000"];
  const { code, stdout } = await here.keys(...all);
  assert.equal(code, 0);
  assert.match(stdout, /^2 managed keys gone, .*\nthe server makes new ones at its next start\n$/);
  assert.deepEqual((await here.json<Listed>("list")).missing, ["ES256", "EdDSA"]);
  const running = await here.instance();
  assert.notEqual(running.signing("ES256")!.kid, before);
  // With a ring the new ones are there at once, for servers that run.
  const second = running.signing("ES256")!.kid;
  assert.match((await here.keys(...all)).stdout, /new ones sign from now on\n$/);
  await running.tend();
  assert.equal(running.find(second), undefined);
  assert.equal(running.jwks.keys.length, 2);
});

const REAL = { managed: { algorithms: ["RS256"] } };

async function machineToken(server: TestServer): Promise<string> {
  const response = await server.fetch("/connect/token", {
    method: "POST",
    headers: { authorization: `Basic ${btoa(`machine:${SECRETS.machine}`)}` },
    body: new URLSearchParams({ grant_type: "client_credentials", scope: "invoices.read" }),
  });
  assert.equal(response.status, 200);
  return (await response.json()).access_token;
}

async function isActive(server: TestServer, token: string): Promise<boolean> {
  const response = await server.fetch("/connect/introspect", {
    method: "POST",
    headers: {
      authorization: `Basic ${
        btoa(`${encodeURIComponent("https://api.example.com")}:${SECRETS.api}`)
      }`,
    },
    body: new URLSearchParams({ token }),
  });
  assert.equal(response.status, 200);
  return (await response.json()).active;
}

async function published(server: TestServer): Promise<string[]> {
  const response = await server.fetch("/.well-known/openid-configuration/jwks");
  return (await response.json()).keys.map(({ kid }: { kid: string }) => kid);
}

Deno.test("keys rotate, keys retire: a running server publishes, signs and refuses as it was ordered", async () => {
  const { clients } = RAW_CONFIG;
  await using here = await scene({ keys: REAL, tokens: {}, clients });
  await using server = await testServer({
    store: here.store,
    env: here.env,
    config: { keys: REAL },
  });
  const [first = ""] = await published(server);
  const token = await machineToken(server);
  assert.equal(await isActive(server, token), true);
  const [announced] = await here.json<Rotated[]>("rotate");
  await server.server.keys.tend();
  assert.deepEqual(await published(server), [first, announced!.kid]);
  const [brought] = await here.json<Rotated[]>("rotate", "--now");
  assert.equal(brought!.kid, announced!.kid);
  here.env.advance(1);
  await server.server.keys.tend();
  const later = await machineToken(server);
  assert.equal(JSON.parse(atob(later.split(".")[0]!)).kid, announced!.kid);
  assert.deepEqual([await isActive(server, token), await isActive(server, later)], [true, true]);
  assert.equal((await here.keys("retire", first)).code, 0);
  await server.server.keys.tend();
  assert.deepEqual(await published(server), [announced!.kid]);
  assert.deepEqual([await isActive(server, token), await isActive(server, later)], [false, true]);
});
