/** Whether jose and oauth4webapi (with which openid-client verifies), as they come, follow keys that follow one another. */

import assert from "node:assert/strict";
import { createRemoteJWKSet, customFetch, decodeProtectedHeader, jwtVerify } from "jose";
import * as oauth from "oauth4webapi";
import { rotateKeys } from "../../src/keys/orders.ts";
import { keyPolicy } from "../../src/config/key_policy.ts";
import { certificateFor, openssl, opensslNote } from "../support/certificate.ts";
import { RESOURCES } from "../support/config.ts";
import type { TestEnv } from "../support/env.ts";
import { accessToken, rotating } from "../support/rotation.ts";
import { fetchWhole, listeningServer, type TestServer } from "../support/server.ts";
import { pem, privateJwk } from "../support/signing_keys.ts";

const LIFETIME = 300;
/** The shortest times that are allowed: shorter than jose keeps a key set, and as long as oauth4webapi does. */
const TIMES = { propagation: "5m", rotation: "12m", retention: "20m" };

/** The clock of the libraries, `Date.now()`, is that of the server. */
function sameClock(env: TestEnv): Disposable {
  const real = Date.now;
  Date.now = () => env.now() * 1000;
  return { [Symbol.dispose]: () => void (Date.now = real) };
}

/** Both libraries with their own ways to keep a key set, and how often each has read it. */
async function parties({ issuer, env }: TestServer) {
  const reads = { jose: 0, oauth4webapi: 0 };
  const counting = (name: keyof typeof reads) => (...args: Parameters<typeof fetchWhole>) => {
    reads[name]++;
    return fetchWhole(...args);
  };
  const keySet = createRemoteJWKSet(new URL(`${issuer}/.well-known/openid-configuration/jwks`), {
    [customFetch]: counting("jose"),
  });
  const insecure = {
    [oauth.allowInsecureRequests]: true,
    [oauth.customFetch]: counting("oauth4webapi"),
  };
  const url = new URL(issuer);
  const as = await oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, insecure));
  reads.oauth4webapi = 0;
  return {
    reads,
    async jose(token: string) {
      await jwtVerify(token, keySet, { issuer, currentDate: new Date(env.now() * 1000) });
    },
    async oauth4webapi(token: string) {
      const headers = { Authorization: `Bearer ${token}` };
      const call = new Request("https://api.example.com/invoices", { headers });
      await oauth.validateJwtAccessToken(as, call, RESOURCES.api, insecure);
    },
  };
}

Deno.test("OpenID Connect Core §10.1.1: jose and oauth4webapi with their defaults meet no key that they can't find", async () => {
  await using server = await listeningServer({ config: rotating(TIMES, LIFETIME) });
  const { env, server: { keys } } = server;
  using _clock = sameClock(env);
  const { reads, jose, oauth4webapi } = await parties(server);
  const kids = new Set<string>();
  // A token each minute, verified at once and four minutes later, through three rotations.
  const earlier: string[] = [];
  for (let minute = 0; minute < 45; minute++) {
    await keys.tend();
    const token = await accessToken(server);
    kids.add(String(decodeProtectedHeader(token).kid));
    earlier.push(token);
    for (const one of [token, ...minute >= 4 ? [earlier[minute - 4]!] : []]) {
      await jose(one);
      await oauth4webapi(one);
    }
    env.advance(60);
  }
  assert.ok(kids.size >= 4, `${kids.size} keys`);
  assert.ok(reads.jose <= 8 && reads.oauth4webapi <= 12, JSON.stringify(reads));
});

Deno.test("keys rotate --now: jose finds the new key half a minute after it has read the key set, oauth4webapi a minute", async () => {
  await using server = await listeningServer({ config: rotating({}, LIFETIME) });
  const { env, server: { keys, config } } = server;
  using _clock = sameClock(env);
  const { jose, oauth4webapi } = await parties(server);
  const before = await accessToken(server);
  await Promise.all([jose(before), oauth4webapi(before)]);
  env.advance(1);
  await rotateKeys(server.server, keyPolicy(config.keys), ["EdDSA"], true);
  await keys.tend();
  const after = await accessToken(server);
  assert.notEqual(decodeProtectedHeader(after).kid, decodeProtectedHeader(before).kid);
  await assert.rejects(jose(after), { code: "ERR_JWKS_NO_MATCHING_KEY" });
  env.advance(30);
  await jose(after);
  env.advance(30);
  await oauth4webapi(after);
  await Promise.all([jose(before), oauth4webapi(before)]);
});

Deno.test({
  name:
    `RFC 7517 §4.7: jose and oauth4webapi verify by keys that are published with certificates${opensslNote}`,
  ignore: !openssl,
  async fn() {
    const jwk = await privateJwk("EdDSA");
    const certificate = await certificateFor(pem(jwk), "id.example.com");
    const x5c = [certificate.replaceAll(/-----[^-]+-----|\s/g, "")];
    const set = { keys: [{ ...jwk, x5c }, await privateJwk("ES256")] };
    await using server = await listeningServer({
      config: { ...rotating({}, LIFETIME), keys: { jwks: { env: "KEYS" } } },
      variables: { KEYS: JSON.stringify(set) },
    });
    using _clock = sameClock(server.env);
    const { jose, oauth4webapi } = await parties(server);
    assert.equal(server.server.keys.jwks.keys[0]?.x5c?.[0], x5c[0]);
    const token = await accessToken(server);
    await Promise.all([jose(token), oauth4webapi(token)]);
  },
});
