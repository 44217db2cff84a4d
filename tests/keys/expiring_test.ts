/** Whether whoever runs the server hears in time that a key of their own comes to an end. */

import assert from "node:assert/strict";
import type { JWK } from "jose";
import type { Config } from "../../src/config/schema.ts";
import { MANAGED_PHASES } from "../../src/config/schema.ts";
import { checkKeys } from "../../src/keys/check.ts";
import { openKeys } from "../../src/keys/keys.ts";
import { warner } from "../../src/keys/warn.ts";
import { certificateFor, openssl, opensslNote } from "../support/certificate.ts";
import { START } from "../support/env.ts";
import { keysServer } from "../support/keys_server.ts";
import { pem, privateJwk } from "../support/signing_keys.ts";

const DAY = 86_400;
const es256: JWK = { ...await privateJwk("ES256"), kid: "old" };
const rsa: JWK = { ...await privateJwk("RS256"), kid: "rsa" };
const other: JWK = { ...await privateJwk("PS256"), kid: "ps" };

async function warned(config: Config["keys"], advance: number = 0) {
  const server = keysServer();
  server.env.advance(advance);
  const keys = await openKeys(server, config);
  const warn = warner();
  return {
    env: server.env,
    /** What is said now: level, days that are left and whether another key takes over. */
    hear() {
      const before = server.env.events.length;
      warn({ env: server.env, keys });
      return server.env.events.slice(before).map(({ level, message, members }) => {
        assert.equal(message, "key.expiring");
        assert.ok(!JSON.stringify(members).includes(es256.d!));
        return [
          level,
          members["kid"],
          members["reason"],
          members["days_left"],
          members["followed"],
        ];
      });
    },
  };
}

const jwks = (...keys: object[]) => JSON.stringify({ keys });

Deno.test("key.expiring: is said from 30 days before not_after on, once a day, and as an error in the last week", async () => {
  const { env, hear } = await warned({
    jwks: jwks({ ...es256, not_after: START + 40 * DAY }, rsa),
  });
  assert.deepEqual(hear(), []);
  env.advance(10 * DAY - 1);
  assert.deepEqual(hear(), []);
  env.advance(1);
  assert.deepEqual(hear(), [["warn", "old", "not_after", 30, false]]);
  assert.deepEqual(hear(), []);
  env.advance(DAY - 1);
  assert.deepEqual(hear(), []);
  env.advance(1);
  assert.deepEqual(hear(), [["warn", "old", "not_after", 29, false]]);
  env.advance(22 * DAY - 60);
  assert.deepEqual(hear(), [["warn", "old", "not_after", 7, false]]);
  // It has become urgent.
  env.advance(60);
  assert.deepEqual(hear(), [["error", "old", "not_after", 7, false]]);
  assert.deepEqual(hear(), []);
  env.advance(7 * DAY);
  assert.deepEqual(hear(), [["error", "old", "not_after", 0, false]]);
  env.advance(3 * DAY);
  assert.deepEqual(hear(), [["error", "old", "not_after", 0, false]]);
  // It has retired; nobody may still know that it was there.
  env.advance(MANAGED_PHASES.retention);
  assert.deepEqual(hear(), []);
});

Deno.test("key.expiring: is no error where another key takes over, and nothing once it has", async () => {
  const ends = { ...es256, not_after: START + 2 * DAY };
  const next = JSON.parse(await nextKey());
  const configurations: Config["keys"][] = [
    { jwks: jwks(ends, { ...next, not_before: START + 2 * DAY }) },
    { jwks: jwks(ends, next) },
    { jwks: jwks(ends), managed: { ...MANAGED_PHASES, algorithms: ["ES256"] } },
  ];
  for (const config of configurations) {
    const { env, hear } = await warned(config);
    assert.deepEqual(hear(), [["warn", "old", "not_after", 2, true]]);
    env.advance(2 * DAY);
    assert.deepEqual(hear(), []);
  }
  const late = await warned({ jwks: jwks(ends, { ...next, not_before: START + 2 * DAY + 1 }) });
  assert.deepEqual(late.hear(), [["error", "old", "not_after", 2, false]]);
});

async function nextKey(): Promise<string> {
  const { privateKey } = await crypto.subtle.generateKey(
    { name: "ECDSA", namedCurve: "P-256" },
    true,
    ["sign", "verify"],
  );
  const { key_ops: _, ...jwk } = await crypto.subtle.exportKey("jwk", privateKey);
  return JSON.stringify({ ...jwk, kid: "next" });
}

Deno.test({
  name:
    `key.expiring: a certificate that ends, has ended or is not good yet is said and stops nothing${opensslNote}`,
  ignore: !openssl,
  async fn() {
    const certificate = (await certificateFor(pem(es256), "leaf")).replaceAll(
      /-----[^-]+-----|\s/g,
      "",
    );
    const config = { jwks: jwks({ ...es256, x5c: [certificate] }, rsa, other) };
    const { list } = await openKeys(keysServer(), config);
    const { not_before = 0, not_after = 0 } = list()[0]?.certificate ?? {};
    assert.equal(not_after - not_before, 20 * DAY);
    const at = async (days: number) =>
      (await warned(config, not_before + days * DAY - START)).hear();
    assert.deepEqual(await at(-2), [
      ["warn", "old", "certificate", 22, true],
      ["warn", "old", "certificate_not_before", 2, true],
    ]);
    assert.deepEqual(await at(1), [["warn", "old", "certificate", 19, true]]);
    assert.deepEqual(await at(21), [["warn", "old", "certificate", 0, true]]);
    assert.deepEqual(await at(-20), [["warn", "old", "certificate_not_before", 20, true]]);
  },
});

Deno.test("check-config: says in a sentence which keys come to an end, and whether others take over", async () => {
  const ends = jwks({ ...es256, not_after: "2026-01-10" }, rsa);
  const alone = await checkKeys({ jwks: ends }, START);
  assert.deepEqual(alone.warnings, [
    "keys.jwks: keys[0]: the ES256 key old signs until 2026-01-10T00:00:00Z; no other key signs with ES256 then",
  ]);
  const managed = { ...MANAGED_PHASES, algorithms: ["ES256" as const] };
  const followed = await checkKeys({ jwks: ends, managed }, START);
  assert.deepEqual(followed.warnings, [
    "keys.jwks: keys[0]: the ES256 key old signs until 2026-01-10T00:00:00Z; another takes over",
  ]);
});
