/** Whether managed keys with names of their own, which were imported, are what they are called. */

import assert from "node:assert/strict";
import { bringKey } from "../../src/keys/bring_key.ts";
import { KeyError, openKeys } from "../../src/keys/keys.ts";
import { newPrivateKey } from "../../src/keys/new_key.ts";
import { retireKey } from "../../src/keys/orders.ts";
import { signJwt, verifyJwt } from "../../src/keys/signer.ts";
import { keysServer } from "../support/keys_server.ts";
import { createRing } from "../support/ring.ts";
import { privateJwk } from "../support/signing_keys.ts";

const DAY = 86_400;
const POLICY = {
  algorithms: ["EdDSA" as const],
  propagation: DAY,
  rotation: 90 * DAY,
  retention: DAY,
};
const CONFIG = { managed: { ...POLICY, algorithms: [...POLICY.algorithms] } };
const HEADER = { alg: "EdDSA", typ: "JWT" } as const;

Deno.test("Keys: a key that is imported under the name of one that was retired a moment ago is the one that signs", async () => {
  const server = keysServer();
  await bringKey(server, POLICY, { ...await privateJwk("EdDSA"), kid: "ours" }, "now", []);
  const keys = await openKeys(server, CONFIG);
  const before = await signJwt(keys, HEADER, { n: 1 });
  server.env.advance(5);
  await retireKey(server, POLICY, "ours");
  const { jwk } = await newPrivateKey("EdDSA");
  const other = { ...jwk, kid: "ours" };
  await bringKey(server, POLICY, other, "now", []);
  await keys.tend();
  server.env.advance(5);
  assert.equal(keys.find("ours")!.publicJwk.x, other.x);
  assert.equal(keys.jwks.keys.find(({ kid }) => kid === "ours")!.x, other.x);
  assert.equal(await verifyJwt(keys, before, "JWT"), undefined);
  const restarted = await openKeys(server, CONFIG);
  assert.deepEqual(await verifyJwt(restarted, await signJwt(keys, HEADER, {}), "JWT"), {});
});

Deno.test("Keys.learn: a key with a name of its own that can't be opened here is not called unknown", async () => {
  const server = keysServer();
  const keys = await openKeys(server, CONFIG);
  const ring = createRing(server.env, [server.env.random(32)]);
  const elsewhere = keysServer({ ...server, ring });
  await assert.rejects(openKeys(elsewhere, CONFIG), KeyError);
  await bringKey(elsewhere, POLICY, { ...await privateJwk("EdDSA"), kid: "ours" }, "now", []);
  await keys.tend();
  await assert.rejects(keys.learn("ours"), KeyError);
  assert.equal(await keys.learn("other"), undefined);
});

Deno.test("RFC 7517 §4.5: a configured key that somebody imports elsewhere stands once in the key set, as the configured one", async () => {
  const server = keysServer();
  const jwk = { ...await privateJwk("EdDSA"), kid: "ours" };
  const keys = await openKeys(server, { ...CONFIG, jwks: JSON.stringify({ keys: [jwk] }) });
  await bringKey(server, POLICY, jwk, "now", []);
  await keys.tend();
  assert.equal(keys.jwks.keys.filter(({ kid }) => kid === "ours").length, 1);
  assert.deepEqual(
    keys.list().filter(({ kid }) => kid === "ours").map(({ source, phase }) => [source, phase]),
    [["jwks", "signing"]],
  );
  assert.equal(keys.signing("EdDSA")!.kid, "ours");
});

Deno.test("bringKey: nothing takes the name of a key that has retired a moment ago, for clocks differ", async () => {
  const server = keysServer();
  const keys = await openKeys(server, CONFIG);
  await bringKey(server, POLICY, { ...await privateJwk("EdDSA"), kid: "ours" }, "verify_only", []);
  await keys.tend();
  server.env.advance(DAY + 200);
  assert.equal(keys.find("ours"), undefined);
  const { jwk } = await newPrivateKey("EdDSA");
  await assert.rejects(
    bringKey(server, POLICY, { ...jwk, kid: "ours" }, "announced", []),
    /its kid has just retired/,
  );
  server.env.advance(2 * DAY);
  await keys.tend();
  await bringKey(server, POLICY, { ...jwk, kid: "ours" }, "announced", []);
});
