/** Whether a configured key signs and is published when its dates say so, wherever they stand. */

import assert from "node:assert/strict";
import type { Config } from "../../src/config/schema.ts";
import { MANAGED_PHASES } from "../../src/config/schema.ts";
import { type Keys, openKeys } from "../../src/keys/keys.ts";
import { START } from "../support/env.ts";
import { withKeyFolder } from "../support/key_folder.ts";
import { type KeysServer, keysServer } from "../support/keys_server.ts";
import { pem, privateJwk } from "../support/signing_keys.ts";

const es256 = await privateJwk("ES256");
const es384 = await privateJwk("ES384");
const eddsa = await privateJwk("EdDSA");
const other = JSON.parse(
  JSON.stringify(
    await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign"])
      .then(({ privateKey }) => crypto.subtle.exportKey("jwk", privateKey)),
  ),
);
delete other.key_ops;

const DAY = 86_400;
const retention = 14 * DAY;
const set = (...keys: object[]) => JSON.stringify({ keys });
const date = (seconds: number) => new Date(seconds * 1000).toISOString();

async function opened(
  config: Config["keys"],
): Promise<{ server: KeysServer; keys: Keys; phases(): string[] }> {
  const server = keysServer();
  const keys = await openKeys(server, config);
  return { server, keys, phases: () => keys.list().map(({ kid, phase }) => `${kid} ${phase}`) };
}

Deno.test("keys: a configured key is announced, signs, is retained and is gone by its dates, whichever way they are written", async () => {
  const [begin, end] = [START + DAY, START + 3 * DAY];
  const written = [
    [begin, end],
    [date(begin), date(end)],
    [date(begin).slice(0, 10), date(end).slice(0, 10)],
    [date(begin).replace("Z", "+00:00"), date(end - 3600).replace("Z", "-01:00")],
  ];
  for (const [not_before, not_after] of written) {
    const first = { ...es256, kid: "first", not_after: date(begin) };
    const { server, keys, phases } = await opened({
      jwks: set(first, { ...other, kid: "second", not_before, not_after }),
    });
    const at = (moment: number) => {
      server.env.advance(moment - server.env.now());
      return [keys.signing("ES256")?.kid, ...phases()];
    };
    assert.deepEqual(at(START), ["first", "first signing", "second announced"]);
    assert.deepEqual(at(begin - 1), ["first", "first signing", "second announced"]);
    assert.deepEqual(at(begin), ["second", "first retained", "second signing"]);
    assert.deepEqual(at(end - 1), ["second", "first retained", "second signing"]);
    assert.deepEqual(at(end), [undefined, "first retained", "second retained"]);
    assert.deepEqual(keys.algorithms, []);
    assert.deepEqual(at(begin + retention), [undefined, "second retained"]);
    assert.ok(keys.find("second"));
    assert.deepEqual(at(end + retention), [undefined]);
    assert.equal(keys.find("second"), undefined);
    assert.deepEqual(keys.jwks, { keys: [] });
  }
});

Deno.test("keys: the dates of a key are not published", async () => {
  const { keys } = await opened({
    jwks: set({ ...es256, not_before: 1, not_after: "2030-01-01" }),
  });
  assert.deepEqual(Object.keys(keys.jwks.keys[0]!), ["kty", "crv", "x", "y", "kid", "alg", "use"]);
});

Deno.test("keys: of two configured keys that may sign, the one that began last does, and the earlier stays published", async () => {
  const { keys, phases } = await opened({
    jwks: set({ ...other, kid: "a", not_before: START - DAY }, { ...es256, kid: "b" }),
  });
  assert.equal(keys.signing("ES256")?.kid, "a");
  assert.deepEqual(phases(), ["a signing", "b retained"]);
});

Deno.test("keys: a managed key takes over at the not_after of a configured one, and is published before", async () => {
  const { server, keys } = await opened({
    jwks: set({ ...es256, kid: "mine", not_after: START + DAY }),
    managed: { ...MANAGED_PHASES, algorithms: ["ES256"] },
  });
  const own = keys.list().find(({ source }) => source === "managed");
  assert.equal(keys.signing("ES256")?.kid, "mine");
  assert.equal(own?.phase, "announced");
  server.env.advance(DAY);
  assert.equal(keys.signing("ES256"), own?.key);
  assert.ok(keys.find("mine"));
});

Deno.test("keys: what is no date, or no span of time, is refused and not quoted", async () => {
  const wrong: [dates: object, problem: string][] = [
    [{ not_before: "hunter2" }, "its not_before is not a date"],
    [{ not_after: "2027-02-30" }, "its not_after is not a date"],
    [{ not_after: "2027-01-01T00:00:00" }, "its not_after is not a date"],
    [{ not_after: null }, "its not_after is not a date"],
    [{ not_before: -1 }, "its not_before is not a date"],
    [{ not_before: 1.5 }, "its not_before is not a date"],
    [{ not_before: START, not_after: START }, "its not_after is not later than its not_before"],
    [{ not_before: "2027-01-02", not_after: "2027-01-01" }, "its not_after is not later"],
  ];
  for (const [dates, problem] of wrong) {
    await assert.rejects(openKeys(keysServer(), { jwks: set({ ...es256, ...dates }) }), (error) => {
      assert.ok(error instanceof Error);
      assert.ok(error.message.startsWith(`keys.jwks: keys[0]: ${problem}`), error.message);
      assert.ok(!error.message.includes("hunter2"));
      return true;
    });
  }
});

Deno.test("keys: a key that is announced or over is none that the configuration could ask for, and it is said when it is one", async () => {
  const required = [{
    path: ["clients", 0, "id_token_signed_response_alg"],
    algorithm: "ES256",
  }] as const;
  const refusal = (jwks: string) =>
    openKeys(keysServer(), { jwks }, required).then(() => assert.fail(), (error) => String(error));
  const says = "MissingKey: clients[0].id_token_signed_response_alg: no key signs with ES256";
  assert.equal(await refusal(set(eddsa)), says);
  assert.equal(
    await refusal(set({ ...es256, not_before: "2027-01-31" }, eddsa)),
    `${says}; the one that is there begins at 2027-01-31T00:00:00Z`,
  );
  assert.equal(
    await refusal(set({ ...es256, not_after: "2025-01-31T12:00:00Z" }, eddsa)),
    `${says}; the one that is there ended at 2025-01-31T12:00:00Z`,
  );
});

Deno.test("manifest.yaml: says of PEM and JSON files when they sign, with what and under which name", async () => {
  await withKeyFolder({
    "a.pem": pem(await privateJwk("RS256")),
    "b.json": JSON.stringify(es256),
    "c.json": set(eddsa, { ...es384, kid: "theirs" }),
    "manifest.yaml": `# when each signs
a.pem: { alg: PS512, kid: mine, not_after: 2026-01-02 }
b.json:
  not_before: 2026-01-01T12:00:00Z
c.json: { not_before: ${START - 1}, not_after: "2026-01-01T06:00:00+01:00" }
`,
  }, async (directory) => {
    const { server, keys, phases } = await opened({ directory });
    assert.deepEqual(keys.algorithms, ["PS512", "ES384", "EdDSA"]);
    assert.equal(keys.signing("PS512")?.kid, "mine");
    server.env.advance(6 * 3600);
    assert.deepEqual(keys.algorithms, ["PS512"]);
    server.env.advance(6 * 3600);
    assert.deepEqual(keys.algorithms, ["PS512", "ES256"]);
    server.env.advance(12 * 3600);
    assert.deepEqual(keys.algorithms, ["ES256"]);
    assert.deepEqual(phases().map((text) => text.split(" ")[1]), [
      "retained",
      "signing",
      "retained",
      "retained",
    ]);
  });
});

Deno.test("manifest.yaml: everything that is wrong is said at once, with its place", async () => {
  await withKeyFolder({
    "a.pem": pem(eddsa),
    "b.json": JSON.stringify({ ...es256, kid: "b", not_after: "2027-01-01", alg: "ES256" }),
    "c.json": set(es384, await privateJwk("ES512")),
    "manifest.yaml": [
      "a.pem: { not_befor: 2026-01-01, not_after: hunter2, kid: '' }",
      "b.jsn: {}",
      "d.pem: { not_before: 2026-01-02, not_after: 2026-01-02 }",
      "c.json: 7",
    ].join("\n"),
  }, async (directory) => {
    const problems = await problemsOf(directory);
    assert.deepEqual(problems.toSorted(), [
      'manifest.yaml:1:10: ["a.pem"].not_befor: unknown member; did you mean not_before?',
      'manifest.yaml:1:44: ["a.pem"].not_after: expected a date such as 2027-01-31 or 2027-01-31T12:00:00Z',
      'manifest.yaml:1:58: ["a.pem"].kid: expected a text that is not empty',
      'manifest.yaml:2:1: ["b.jsn"]: no key file of this name is here; did you mean b.json?',
      'manifest.yaml:3:1: ["d.pem"]: no key file of this name is here; did you mean a.pem?',
      'manifest.yaml:3:45: ["d.pem"].not_after: is not later than not_before',
      'manifest.yaml:4:9: ["c.json"]: expected mapping, found number',
    ]);
    const texts: [text: string, problems: string[]][] = [
      ["b.json: { kid: other }", ["b.json: its kid is not that of the manifest"]],
      ["b.json: { alg: ES384 }", ["b.json: its alg is not that of the manifest"]],
      ["b.json: { not_after: 2027-01-02 }", ["b.json: its not_after is not that of the manifest"]],
      ["b.json: { not_before: 2027-01-02 }", [
        "b.json: its not_after is not later than its not_before",
      ]],
      ["c.json: { kid: other }", ["c.json: manifest.yaml gives one kid to 2 keys"]],
      ["a.pem: { alg: ES256 }", [
        "a.pem: its alg ES256 does not fit the key, which can sign with EdDSA",
      ]],
      ["- a.pem", ["manifest.yaml:1:1: expected mapping, found list"]],
      ["a.pem: {", [
        "manifest.yaml:1:9: the indentation is wrong",
      ]],
      ["a.pem: {}\na.pem: {}", [
        "manifest.yaml:2:1: the member is given twice; line 1 has it already",
      ]],
      ["", ["manifest.yaml: empty"]],
    ];
    for (const [text, wanted] of texts) {
      await Deno.writeTextFile(`${directory}/manifest.yaml`, text);
      assert.deepEqual(await problemsOf(directory), wanted, text);
    }
    for (const text of ["# nothing yet", "b.json: { not_after: 2027-01-01, kid: b, alg: ES256 }"]) {
      await Deno.writeTextFile(`${directory}/manifest.yaml`, text);
      assert.ok(await openKeys(keysServer(), { directory }), text);
    }
    await Deno.chmod(`${directory}/manifest.yaml`, 0o646);
    assert.deepEqual(await problemsOf(directory), [
      "manifest.yaml: others may write it (mode 0646); chmod o-w it",
    ]);
  });
});

async function problemsOf(directory: string): Promise<string[]> {
  const error = await openKeys(keysServer(), { directory }).then(
    () => assert.fail("the folder was accepted"),
    (error) => error,
  );
  assert.equal(error.name, "KeyError", String(error));
  assert.ok(!error.message.includes("hunter2"));
  return error.problems.map((problem: string) => problem.replaceAll(`${directory}/`, ""));
}

Deno.test("RFC 7517 §4: members that aren't understood are ignored, and those that seem to be dates are named", async () => {
  const jwk = { ...es256, nbf: 1, notAfter: "2020-01-01", not_befor: 7, note: "", "toString": 1 };
  const { server, keys } = await opened({ jwks: set(jwk) });
  assert.deepEqual(keys.algorithms, ["ES256"]);
  assert.deepEqual(
    server.env.events.filter(({ message }) => message === "keys.warning").map(({ members }) =>
      members["problem"]
    ),
    [["nbf", "not_before"], ["notAfter", "not_after"], ["not_befor", "not_before"]].map((
      [name, meant],
    ) => `keys.jwks: keys[0]: its member ${name} is ignored; did you mean ${meant}?`),
  );
});

Deno.test("keys: a date behind the year 9999 is refused, as milliseconds are that somebody took for seconds", async () => {
  const wrong = "is not a date such as 2027-01-31 or 2027-01-31T12:00:00Z";
  for (const at of [253_402_300_800, START * 1000, Number.MAX_SAFE_INTEGER]) {
    for (const member of ["not_before", "not_after"]) {
      await assert.rejects(opened({ jwks: set({ ...es256, [member]: at }) }), {
        message: `keys.jwks: keys[0]: its ${member} ${wrong}`,
      });
    }
  }
  // What is missing is told with the date, which has to be one.
  const jwks = set({ ...es256, not_before: 253_402_300_799 });
  const required = [{ path: ["tokens"], algorithm: "ES256" as const }];
  await assert.rejects(openKeys(keysServer(), { jwks }, required), {
    message:
      "tokens: no key signs with ES256; the one that is there begins at 9999-12-31T23:59:59Z",
  });
});
