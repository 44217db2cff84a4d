/** Whether every instance says what becomes of the keys, once, with nothing of a key but its name and times. */

import assert from "node:assert/strict";
import { MANAGED_PHASES } from "../../src/config/schema.ts";
import { followChanges, keyChanges, type SeenKey } from "../../src/keys/changes.ts";
import { openKeys } from "../../src/keys/keys.ts";
import { keysServer } from "../support/keys_server.ts";
import { memoryStore } from "../support/memory_store.ts";
import { privateJwk } from "../support/signing_keys.ts";
import { testEnv } from "../support/env.ts";

const DAY = 86_400;
const MANAGED = { managed: { ...MANAGED_PHASES, algorithms: ["ES256" as const] } };

function key(kid: string, phase: SeenKey["phase"], members: Partial<SeenKey> = {}): SeenKey {
  const times = { signs_from: -Infinity, retires_at: Infinity };
  return { kid, alg: "ES256", source: "managed", phase, ...times, ...members };
}

const eventsOf = (before: SeenKey[], after: SeenKey[]) =>
  keyChanges(before, after).map(({ event, members }) => [event, members]);

Deno.test("keyChanges: a key that comes, signs, is kept and goes is told each time, with the time that is next", () => {
  const own = { alg: "ES256", source: "managed" };
  const [old, next] = [key("a", "signing"), key("b", "announced", { signs_from: 100 })];
  assert.deepEqual(eventsOf([old], [old, next]), [
    ["key.announced", { kid: "b", ...own, signs_from: 100 }],
  ]);
  assert.deepEqual(
    eventsOf([old, next], [key("a", "retained", { retires_at: 200 }), key("b", "signing")]),
    [
      ["key.retained", { kid: "a", ...own, retires_at: 200 }],
      ["key.rotated", { kid: "b", ...own, previous: "a" }],
    ],
  );
  assert.deepEqual(eventsOf([key("a", "retained"), key("b", "signing")], [key("b", "signing")]), [
    ["key.retired", { kid: "a", ...own }],
  ]);
  assert.deepEqual(eventsOf([old, next], [old, next]), []);
});

Deno.test("keyChanges: a key of one's own takes over, and the managed one stands behind it", () => {
  const [own, fixed] = [key("a", "signing"), key("f", "signing", { source: "directory" })];
  assert.deepEqual(eventsOf([own], [fixed, key("a", "announced", { signs_from: 5 })]), [
    ["key.rotated", { kid: "f", alg: "ES256", source: "directory", previous: "a" }],
    ["key.announced", { kid: "a", alg: "ES256", source: "managed", signs_from: 5 }],
  ]);
  assert.deepEqual(eventsOf([], [key("x", "signing", { alg: "EdDSA" })]), [
    ["key.rotated", { kid: "x", alg: "EdDSA", source: "managed", previous: undefined }],
  ]);
});

Deno.test("keyChanges: a key follows one of its own algorithm, whatever signs beside it", () => {
  const others = [
    key("r", "signing", { alg: "RS256" }),
    key("e", "signing", { alg: "EdDSA" }),
  ];
  assert.deepEqual(
    keyChanges([others[0]!, key("a", "signing"), others[1]!], [...others, key("b", "signing")])
      .map(({ event, members }) => [event, members.kid, members["previous"]]),
    [["key.rotated", "b", "a"], ["key.retired", "a", undefined]],
  );
});

Deno.test("followChanges: two instances each tell a rotation once, whichever makes the key, and count it", async () => {
  const store = memoryStore();
  const [one, other] = [keysServer({ store }), keysServer({ store, env: testEnv() })];
  const counted: unknown[] = [];
  const metrics = {
    count: (...args: unknown[]) => void counted.push(args),
    set() {},
  };
  const shared = { ring: one.ring };
  const instances = await Promise.all([one, { ...other, ...shared }].map(async (server) => {
    const keys = await openKeys(server, MANAGED);
    const seen = { env: { ...server.env, metrics }, keys };
    return { env: server.env, keys, seen, look: followChanges(seen) };
  }));
  const [first] = instances[0]!.keys.jwks.keys.map(({ kid }) => kid);
  const round = async (seconds: number) => {
    for (const { env } of instances) env.advance(seconds);
    for (const { keys, look, seen } of instances) {
      await keys.tend();
      look(seen);
      look(seen);
    }
  };
  for (const days of [88, 1, 1, 14, 1]) await round(days * DAY);
  const second = instances[0]!.keys.signing("ES256")?.kid;
  for (const { env } of instances) {
    const told = env.events.filter(({ message }) => message !== "key.created")
      .map(({ message, members }) => [message, members["kid"] ?? members["signing"]]);
    assert.deepEqual(told, [
      ["keys.loaded", [{ kid: first, alg: "ES256", source: "managed" }]],
      ["key.announced", second],
      ["key.retained", first],
      ["key.rotated", second],
      ["key.retired", first],
    ]);
    assert.doesNotMatch(JSON.stringify(env.events), /"(d|x|y|n)":/);
  }
  assert.equal(counted.length, 8);
  assert.deepEqual(counted[0], ["key_changes_total", { event: "key.announced", alg: "ES256" }]);
});

Deno.test("followChanges: a server that follows another at SIGHUP is compared with it", async () => {
  const server = keysServer();
  const keys = await openKeys(server, MANAGED);
  const look = followChanges({ env: server.env, keys });
  const jwks = JSON.stringify({ keys: [await privateJwk("ES256")] });
  const next = await openKeys(server, { ...MANAGED, jwks });
  const before = server.env.events.length;
  look({ env: server.env, keys: next });
  assert.deepEqual(
    server.env.events.slice(before).map(({ message, members }) => [message, members["source"]]),
    [["key.rotated", "jwks"], ["key.announced", "managed"]],
  );
  const after = server.env.events.length;
  look({ env: server.env, keys: next });
  assert.equal(server.env.events.length, after);
});
