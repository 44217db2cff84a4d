/** Whether each client gets what it asked for signed with its algorithm, wherever that comes from, and every hash in it fits. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import {
  createRemoteJWKSet,
  customFetch,
  decodeJwt,
  exportJWK,
  generateKeyPair,
  type JWTPayload,
  jwtVerify,
} from "jose";
import * as openid from "openid-client";
import { agent, logIn } from "../support/agent.ts";
import { CALLBACK, SECRETS, withClient } from "../support/config.ts";
import { allowedCodes, pollOnce, withDevice } from "../support/device.ts";
import { testEnv } from "../support/env.ts";
import { refresh, tokensOf } from "../support/flow.ts";
import { fetchWhole, listeningServer, type TestServer } from "../support/server.ts";
import { privateJwk } from "../support/signing_keys.ts";

/** Whose hashes are made by another function each; `EdDSA` by that of its curve. */
const HASHES = { RS256: "sha256", PS384: "sha384", ES512: "sha512", EdDSA: "sha512" } as const;
const ALGORITHMS = ["RS256", "PS384", "ES512", "EdDSA"] as const;

/** Keys for all algorithms, and a second one of each that is quick to make: only the first signs. */
const KEYS = await (async () => {
  const first = ALGORITHMS.map(async (alg) => ({ ...await privateJwk(alg), kid: alg }));
  const second = (["ES512", "EdDSA"] as const).map(async (alg) => {
    const { privateKey } = await generateKeyPair(alg, { extractable: true });
    return { ...await exportJWK(privateKey), alg, kid: `${alg} again` };
  });
  return JSON.stringify({ keys: await Promise.all([...first, ...second]) });
})();

async function serverFor(config: Record<string, unknown>): Promise<TestServer> {
  const variables = { KEYS };
  const env = testEnv(Math.floor(Date.now() / 1000));
  return await listeningServer({
    env,
    variables,
    config: { ...config, keys: { jwks: { env: "KEYS" } } },
  });
}

/** The claims of a token that the published key for `alg` has signed. */
async function verified(
  { issuer }: TestServer,
  token: string,
  alg: typeof ALGORITHMS[number],
): Promise<JWTPayload> {
  const keys = createRemoteJWKSet(new URL(`${issuer}/.well-known/openid-configuration/jwks`), {
    [customFetch]: fetchWhole,
  });
  const { payload, protectedHeader } = await jwtVerify(token, keys, { issuer });
  assert.deepEqual([protectedHeader.alg, protectedHeader.kid], [alg, alg]);
  return payload;
}

/** OpenID Connect Core §3.1.3.6, §3.3.2.11. */
function half(alg: typeof ALGORITHMS[number], value: string | null): string {
  const hash = createHash(HASHES[alg]).update(value ?? "").digest();
  return hash.subarray(0, hash.length / 2).toString("base64url");
}

for (const alg of ALGORITHMS) {
  Deno.test(`id_token_signed_response_alg ${alg}: the hybrid flow, its code and a refresh at openid-client`, async () => {
    await using server = await serverFor(withClient("web", {
      grant_types: ["authorization_code", "implicit", "refresh_token"],
      response_types: ["code id_token", "code id_token token"],
      require_consent: false,
      scope: "openid email offline_access",
      id_token_signed_response_alg: alg,
    }));
    const metadata = { id_token_signed_response_alg: alg };
    const proof = openid.ClientSecretBasic(SECRETS.web);
    const rp = await openid.discovery(new URL(server.issuer), "web", metadata, proof, {
      execute: [openid.allowInsecureRequests, openid.useCodeIdTokenResponseType],
      [openid.customFetch]: fetchWhole,
    });
    const pkceCodeVerifier = openid.randomPKCECodeVerifier();
    const [expectedState, expectedNonce] = [openid.randomState(), openid.randomNonce()];
    const parameters = {
      redirect_uri: CALLBACK,
      scope: "openid email offline_access",
      state: expectedState,
      nonce: expectedNonce,
      code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: "S256",
    };
    const browser = agent(server);
    const { url } = await logIn(
      browser,
      await browser.open(openid.buildAuthorizationUrl(rp, parameters)),
      "alice",
    );
    const checks = { pkceCodeVerifier, expectedState, expectedNonce };
    const tokens = await openid.authorizationCodeGrant(rp, url, checks);
    const claims = await verified(server, tokens.id_token ?? "", alg);
    assert.equal(claims["at_hash"], half(alg, tokens.access_token));
    const next = await openid.refreshTokenGrant(rp, tokens.refresh_token ?? "");
    const renewed = await verified(server, next.id_token ?? "", alg);
    assert.equal(renewed["at_hash"], half(alg, next.access_token));

    // all three from the authorization endpoint: both hashes are of the same algorithm
    const all = openid.buildAuthorizationUrl(rp, parameters);
    all.searchParams.set("response_type", "code id_token token");
    const { url: last } = await browser.open(all);
    const front = new URLSearchParams(last.hash.slice(1));
    const said = await verified(server, front.get("id_token") ?? "", alg);
    assert.deepEqual(
      [said["c_hash"], said["at_hash"]],
      [half(alg, front.get("code")), half(alg, front.get("access_token"))],
    );
  });

  Deno.test(`id_token_signed_response_alg, access_token_signed_response_alg ${alg}: a device's tokens, and what it refreshes`, async () => {
    await using server = await serverFor(withDevice({
      id_token_signed_response_alg: alg,
      access_token_signed_response_alg: alg,
    }));
    const scope = "openid profile offline_access";
    const first = tokensOf(await pollOnce(server, await allowedCodes(server, { scope })));
    const second = tokensOf(await refresh(server, first.refresh_token, {}, "tv"));
    for (const { id_token, access_token } of [first, second]) {
      const { at_hash } = await verified(server, id_token, alg);
      assert.equal(at_hash, half(alg, access_token));
      await verified(server, access_token, alg);
      assert.equal(decodeJwt(access_token)["client_id"], "tv");
    }
  });
}
