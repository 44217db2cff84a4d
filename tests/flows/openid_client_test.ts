/** Whether openid-client, as it comes, logs people in with each client authentication method. */

import { importJWK } from "jose";
import assert from "node:assert/strict";
import * as openid from "openid-client";
import type { SigningAlgorithm } from "../../src/oauth/client.ts";
import { agent, formOf, logIn } from "../support/agent.ts";
import { CALLBACK, RAW_CONFIG, type RawConfig, SCOPE } from "../support/config.ts";
import { testEnv } from "../support/env.ts";
import { answerOf, passThrough } from "../support/flow.ts";
import { fetchWhole, listeningServer, type TestServer } from "../support/server.ts";
import { privateJwk, publicJwk } from "../support/signing_keys.ts";

const SECRET = "s3cret: +%&=ü/0123456789";

/** One way in which a client proves itself: what the server knows of it, and what the client does. */
interface Method {
  readonly name: string;
  readonly members: RawConfig;
  readonly proof: () => openid.ClientAuth | Promise<openid.ClientAuth>;
}

async function privateKeyJwt(alg: SigningAlgorithm): Promise<Method> {
  const jwk = { ...await privateJwk(alg), kid: "key-1" };
  return {
    name: `private_key_jwt ${alg}`,
    members: {
      token_endpoint_auth_method: "private_key_jwt",
      token_endpoint_auth_signing_alg: alg,
      jwks: { keys: [publicJwk(jwk)] },
    },
    async proof() {
      return openid.PrivateKeyJwt(await importJWK(jwk) as CryptoKey);
    },
  };
}

const client_secrets = [{ value: SECRET }];
const METHODS: readonly Method[] = [
  {
    name: "client_secret_basic",
    members: { token_endpoint_auth_method: "client_secret_basic", client_secrets },
    proof: () => openid.ClientSecretBasic(SECRET),
  },
  {
    name: "client_secret_post",
    members: { token_endpoint_auth_method: "client_secret_post", client_secrets },
    proof: () => openid.ClientSecretPost(SECRET),
  },
  {
    name: "none",
    members: { token_endpoint_auth_method: "none" },
    proof: () => openid.None(),
  },
  await privateKeyJwt("ES256"),
  await privateKeyJwt("RS256"),
  await privateKeyJwt("EdDSA"),
];

/** A server that knows this client as `rp`; its clock is right, for openid-client looks at its own. */
function serverFor(members: RawConfig): Promise<TestServer> {
  const rp = {
    client_id: "rp",
    redirect_uris: [CALLBACK],
    grant_types: ["authorization_code", "refresh_token"],
    scope: SCOPE,
    ...members,
  };
  const env = testEnv(Math.floor(Date.now() / 1000));
  const clients = [...RAW_CONFIG["clients"] as RawConfig[], rp];
  return listeningServer({ env, config: { clients } });
}

async function discover(
  { issuer }: TestServer,
  proof: openid.ClientAuth,
  metadata: Partial<openid.ClientMetadata> = {},
): Promise<openid.Configuration> {
  const execute = [openid.allowInsecureRequests];
  return await openid.discovery(new URL(issuer), "rp", metadata, proof, {
    execute,
    [openid.customFetch]: fetchWhole,
  });
}

for (const { name, members, proof } of METHODS) {
  Deno.test(`openid-client, ${name}: discovery, login, userinfo, refresh, revocation`, async () => {
    await using server = await serverFor(members);
    const rp = await discover(server, await proof());
    const pkceCodeVerifier = openid.randomPKCECodeVerifier();
    const [expectedState, expectedNonce] = [openid.randomState(), openid.randomNonce()];
    const request = openid.buildAuthorizationUrl(rp, {
      redirect_uri: CALLBACK,
      scope: "openid email offline_access",
      code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: "S256",
      state: expectedState,
      nonce: expectedNonce,
      max_age: "60",
    });
    const browser = agent(server);
    await passThrough(browser, request);
    const { url } = await browser.open(request);
    const checks = { pkceCodeVerifier, expectedState, expectedNonce, maxAge: 60 };
    const tokens = await openid.authorizationCodeGrant(rp, url, {
      ...checks,
      idTokenExpected: true,
    });
    assert.equal(tokens.claims()?.sub, "sub-alice");
    assert.ok((tokens.expiresIn() ?? 0) > 3500);
    const person = await openid.fetchUserInfo(rp, tokens.access_token, "sub-alice");
    assert.equal(person.email, "alice@example.com");

    const next = await openid.refreshTokenGrant(rp, tokens.refresh_token ?? "");
    assert.equal(next.claims()?.sub, "sub-alice");
    await openid.tokenRevocation(rp, next.refresh_token ?? "");
    await assert.rejects(
      openid.refreshTokenGrant(rp, next.refresh_token ?? ""),
      (error: openid.ResponseBodyError) => error.error === "invalid_grant",
    );
    await assert.rejects(
      openid.fetchUserInfo(rp, next.access_token, "sub-alice"),
      openid.WWWAuthenticateChallengeError,
    );
  });

  if (name === "none") continue;
  Deno.test(`openid-client, ${name}: client credentials`, async () => {
    await using server = await serverFor({
      ...members,
      redirect_uris: [],
      grant_types: ["client_credentials"],
      scope: "invoices.read calendar.read",
    });
    const rp = await discover(server, await proof());
    const tokens = await openid.clientCredentialsGrant(rp, {
      scope: "invoices.read",
      resource: "https://api.example.com",
    });
    assert.equal(tokens.scope, "invoices.read");
    await openid.tokenRevocation(rp, tokens.access_token);
  });
}

Deno.test("openid-client: a denied request is an error that it understands", async () => {
  await using server = await serverFor({ token_endpoint_auth_method: "none" });
  const rp = await discover(server, openid.None());
  const pkceCodeVerifier = openid.randomPKCECodeVerifier();
  const request = openid.buildAuthorizationUrl(rp, {
    redirect_uri: CALLBACK,
    scope: "openid",
    code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: "S256",
    state: "state-1",
  });
  const browser = agent(server);
  const visit = await browser.submit(await browser.open(request), { action: "cancel" });
  await assert.rejects(
    openid.authorizationCodeGrant(rp, visit.url, { pkceCodeVerifier, expectedState: "state-1" }),
    (error: openid.AuthorizationResponseError) => error.error === "access_denied",
  );
  assert.equal(answerOf(visit)["state"], "state-1");
});

Deno.test("openid-client: id_token_signed_response_alg ES256 and EdDSA, and a form_post answer as a Request", async () => {
  for (const alg of ["ES256", "EdDSA"]) {
    const members = { require_consent: false, id_token_signed_response_alg: alg };
    await using server = await serverFor({ ...members, token_endpoint_auth_method: "none" });
    const rp = await discover(server, openid.None(), { id_token_signed_response_alg: alg });
    // Without this it trusts TLS and looks at no signature.
    openid.enableNonRepudiationChecks(rp);
    const pkceCodeVerifier = openid.randomPKCECodeVerifier();
    const request = openid.buildAuthorizationUrl(rp, {
      redirect_uri: CALLBACK,
      scope: "openid",
      response_mode: "form_post",
      code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: "S256",
    });
    const browser = agent(server);
    const visit = await logIn(browser, await browser.open(request), "alice");
    const { action, fields } = formOf(visit);
    const posted = new Request(action, { method: "POST", body: fields });
    const tokens = await openid.authorizationCodeGrant(rp, posted, { pkceCodeVerifier });
    assert.equal(tokens.claims()?.sub, "sub-alice");
  }
});

Deno.test("openid-client: claims one by one, an essential acr, and a pairwise sub", async () => {
  const env = testEnv(Math.floor(Date.now() / 1000));
  const rp = {
    client_id: "rp",
    token_endpoint_auth_method: "none",
    redirect_uris: [CALLBACK],
    scope: SCOPE.replace("offline_access ", ""),
    subject_type: "pairwise",
    require_consent: false,
  };
  await using server = await listeningServer({
    env,
    config: {
      clients: [...RAW_CONFIG["clients"] as RawConfig[], rp],
      security: { login: { acr_ladder: [{ acr: "gold", methods: ["pwd"] }] } },
      tokens: { pairwise_salt: { env: "SALT" } },
    },
    variables: { SALT: "salt-of-pairwise-subjects" },
  });
  const known = await discover(server, openid.None());
  const metadata = known.serverMetadata();
  assert.equal(metadata.claims_parameter_supported, true);
  assert.deepEqual(metadata.subject_types_supported, ["public", "pairwise"]);
  assert.deepEqual(metadata.acr_values_supported, ["gold"]);
  const pkceCodeVerifier = openid.randomPKCECodeVerifier();
  const request = openid.buildAuthorizationUrl(known, {
    redirect_uri: CALLBACK,
    scope: "openid",
    code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: "S256",
    claims: JSON.stringify({
      userinfo: { email: { essential: true } },
      id_token: { acr: { essential: true, values: ["gold"] }, name: null },
    }),
  });
  const browser = agent(server);
  await passThrough(browser, request);
  const { url } = await browser.open(request);
  const tokens = await openid.authorizationCodeGrant(known, url, {
    pkceCodeVerifier,
    idTokenExpected: true,
  });
  const { sub, acr, name } = tokens.claims() as openid.IDToken;
  assert.deepEqual([acr, name], ["gold", "Alice Example"]);
  assert.notEqual(sub, "sub-alice");
  const person = await openid.fetchUserInfo(known, tokens.access_token, sub);
  assert.deepEqual(person, { sub, email: "alice@example.com" });
});
