/** Whether oauth4webapi, which believes nothing that it can check, logs people in by every response mode and authentication method. */

import { importJWK } from "jose";
import assert from "node:assert/strict";
import * as oauth from "oauth4webapi";
import type { SigningAlgorithm } from "../../src/oauth/client.ts";
import { agent, formOf, logIn, type Visit } from "../support/agent.ts";
import { RAW_CONFIG, type RawConfig, SCOPE } from "../support/config.ts";
import { testEnv } from "../support/env.ts";
import { authorizeUrl } from "../support/flow.ts";
import { fetchWhole, listeningServer, type TestServer } from "../support/server.ts";
import { privateJwk, publicJwk } from "../support/signing_keys.ts";

const API = "https://api.example.com";
const SECRET = "secret-0123456789abcdef";
const REGISTERED = "http://127.0.0.1/callback";
const insecure = { [oauth.allowInsecureRequests]: true, [oauth.customFetch]: fetchWhole };

/** A server that knows a first-party client `rp`; its clock is right, for the library looks at its own. */
function serverFor(members: RawConfig): Promise<TestServer> {
  const rp = {
    client_id: "rp",
    redirect_uris: [REGISTERED],
    grant_types: ["authorization_code", "refresh_token"],
    scope: SCOPE,
    require_consent: false,
    ...members,
  };
  const env = testEnv(Math.floor(Date.now() / 1000));
  const clients = [...RAW_CONFIG["clients"] as RawConfig[], rp];
  return listeningServer({ env, config: { clients } });
}

/** A client as it would run: its callback listens, and notes the parameters that reach it. */
interface Party extends AsyncDisposable {
  readonly redirect_uri: string;
  /** The answer, by query or by a posted form. */
  readonly answers: (URL | URLSearchParams)[];
}

function listeningParty(): Party {
  const answers: (URL | URLSearchParams)[] = [];
  const options = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
  const listener = Deno.serve(options, async (request) => {
    const url = new URL(request.url);
    assert.equal(url.pathname, "/callback");
    answers.push(request.method === "POST" ? new URLSearchParams(await request.text()) : url);
    return new Response("welcome");
  });
  return {
    redirect_uri: `http://127.0.0.1:${listener.addr.port}/callback`,
    answers,
    [Symbol.asyncDispose]: () => listener.shutdown(),
  };
}

/** What a browser does with the last step: goes to the client, or posts the form to it. Answers what the client gets. */
async function arrive(visit: Visit, { answers }: Party): Promise<URL | URLSearchParams> {
  const form = visit.status === 0 ? undefined : formOf(visit);
  const response = form === undefined
    ? await fetch(visit.url)
    : await fetch(form.action, { method: "POST", body: form.fields });
  assert.equal(await response.text(), "welcome");
  // A fragment never leaves the browser: the client's script reads it there.
  const { hash, search } = visit.url;
  if (hash === "") return answers[0]!;
  assert.equal(search, "");
  return new URLSearchParams(hash.slice(1));
}

async function discover({ issuer }: TestServer, algorithm?: "oauth2") {
  const options = algorithm === undefined ? insecure : { ...insecure, algorithm };
  const response = await oauth.discoveryRequest(new URL(issuer), options);
  return await oauth.processDiscoveryResponse(new URL(issuer), response);
}

/** A request and what belongs to it on the client's side. */
async function request(
  server: TestServer,
  { redirect_uri }: Party,
  changes: Record<string, string>,
) {
  const verifier = oauth.generateRandomCodeVerifier();
  const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()];
  const url = authorizeUrl(server, {
    client_id: "rp",
    redirect_uri,
    scope: SCOPE,
    state,
    nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    ...changes,
  });
  return { url, verifier, state, nonce };
}

const METHODS: Record<string, { members: RawConfig; proof: oauth.ClientAuth }> = {
  client_secret_basic: {
    members: { client_secrets: [{ value: SECRET }] },
    proof: oauth.ClientSecretBasic(SECRET),
  },
  client_secret_post: {
    members: {
      token_endpoint_auth_method: "client_secret_post",
      client_secrets: [{ value: SECRET }],
    },
    proof: oauth.ClientSecretPost(SECRET),
  },
  none: { members: { token_endpoint_auth_method: "none" }, proof: oauth.None() },
  ...await privateKeyJwt("ES256"),
  ...await privateKeyJwt("RS256"),
  ...await privateKeyJwt("EdDSA"),
};

async function privateKeyJwt(alg: SigningAlgorithm) {
  const jwk = await privateJwk(alg);
  const members = {
    token_endpoint_auth_method: "private_key_jwt",
    jwks: { keys: [publicJwk(jwk)] },
  };
  const proof = oauth.PrivateKeyJwt(await importJWK(jwk) as CryptoKey);
  return { [`private_key_jwt ${alg}`]: { members, proof } };
}

const MODES = ["query", "fragment", "form_post"];

for (const [index, [name, { members, proof }]] of Object.entries(METHODS).entries()) {
  const response_mode = MODES[index % MODES.length]!;
  Deno.test(`oauth4webapi, ${name}, ${response_mode}: login, resource, userinfo, refresh, revocation`, async () => {
    await using server = await serverFor(members);
    await using party = listeningParty();
    const as = await discover(server);
    const client = { client_id: "rp" };
    const { url, verifier, state, nonce } = await request(server, party, { response_mode });
    const browser = agent(server);
    const last = await logIn(browser, await browser.open(url), "alice");
    const callback = await arrive(last, party);
    const parameters = oauth.validateAuthResponse(as, client, callback, state);

    const response = await oauth.authorizationCodeGrantRequest(
      as,
      client,
      proof,
      parameters,
      party.redirect_uri,
      verifier,
      insecure,
    );
    const tokens = await oauth.processAuthorizationCodeResponse(as, client, response, {
      expectedNonce: nonce,
      requireIdToken: true,
    });
    // The library trusts TLS unless it is told to look at the signature.
    await oauth.validateApplicationLevelSignature(as, response, insecure);
    const { sub } = oauth.getValidatedIdTokenClaims(tokens)!;
    assert.equal(sub, "sub-alice");

    const headers = { Authorization: `Bearer ${tokens.access_token}` };
    const call = new Request(`${API}/invoices`, { headers });
    const claims = await oauth.validateJwtAccessToken(as, call, API, insecure);
    assert.deepEqual([claims.sub, claims.client_id], ["sub-alice", "rp"]);
    await assert.rejects(oauth.validateJwtAccessToken(as, call, "https://other.example", insecure));

    const info = await oauth.userInfoRequest(as, client, tokens.access_token, insecure);
    const person = await oauth.processUserInfoResponse(as, client, sub, info);
    assert.equal(person.email, "alice@example.com");

    const { refresh_token = "" } = tokens;
    const again = await oauth.refreshTokenGrantRequest(as, client, proof, refresh_token, insecure);
    const next = await oauth.processRefreshTokenResponse(as, client, again);
    await oauth.validateApplicationLevelSignature(as, again, insecure);
    assert.equal(oauth.getValidatedIdTokenClaims(next)?.sub, sub);

    const { refresh_token: token = "" } = next;
    await oauth.processRevocationResponse(
      await oauth.revocationRequest(as, client, proof, token, insecure),
    );
    const refused = await oauth.refreshTokenGrantRequest(as, client, proof, token, insecure);
    await assert.rejects(
      oauth.processRefreshTokenResponse(as, client, refused),
      (error: oauth.ResponseBodyError) => error.error === "invalid_grant",
    );
  });

  if (name === "none") continue;
  Deno.test(`oauth4webapi, ${name}: client credentials, discovered by RFC 8414`, async () => {
    await using server = await serverFor({
      ...members,
      redirect_uris: [],
      grant_types: ["client_credentials"],
      scope: "invoices.read",
    });
    const as = await discover(server, "oauth2");
    const client = { client_id: "rp" };
    const response = await oauth.clientCredentialsGrantRequest(as, client, proof, {}, insecure);
    const { access_token } = await oauth.processClientCredentialsResponse(as, client, response);
    const headers = { Authorization: `Bearer ${access_token}` };
    const call = new Request(`${API}/invoices`, { headers });
    const { sub, scope } = await oauth.validateJwtAccessToken(as, call, API, insecure);
    assert.deepEqual([sub, scope], ["rp", "invoices.read"]);
  });
}

for (const response_mode of MODES) {
  Deno.test(`RFC 9207 §2.4: an error by ${response_mode} carries state and iss, and oauth4webapi takes it for one`, async () => {
    await using server = await serverFor({ token_endpoint_auth_method: "none" });
    await using party = listeningParty();
    const as = await discover(server);
    const { url, state } = await request(server, party, { response_mode });
    const browser = agent(server);
    const last = await browser.submit(await browser.open(url), { action: "cancel" });
    const callback = await arrive(last, party);
    const validate = (issuer: string) => () =>
      oauth.validateAuthResponse({ ...as, issuer }, { client_id: "rp" }, callback, state);
    assert.throws(
      validate(server.issuer),
      (error: oauth.AuthorizationResponseError) => error.error === "access_denied",
    );
    // Mixed up with another issuer it would not get that far.
    assert.throws(validate("https://other.example"), oauth.OperationProcessingError);
  });
}

for (const alg of ["RS256", "ES256", "EdDSA"]) {
  Deno.test(`OpenID Connect Core §3.1.3.7: an ID token signed with ${alg} verifies against the published keys`, async () => {
    await using server = await serverFor({
      token_endpoint_auth_method: "none",
      id_token_signed_response_alg: alg,
      access_token_signed_response_alg: alg,
    });
    await using party = listeningParty();
    const as = await discover(server);
    const client = { client_id: "rp", id_token_signed_response_alg: alg };
    const { url, verifier, state, nonce } = await request(server, party, { max_age: "0" });
    const browser = agent(server);
    const last = await logIn(browser, await browser.open(url), "alice");
    const response = await oauth.authorizationCodeGrantRequest(
      as,
      client,
      oauth.None(),
      oauth.validateAuthResponse(as, client, last.url, state),
      party.redirect_uri,
      verifier,
      insecure,
    );
    const options = { expectedNonce: nonce, maxAge: 60, requireIdToken: true };
    const tokens = await oauth.processAuthorizationCodeResponse(as, client, response, options);
    await oauth.validateApplicationLevelSignature(as, response, insecure);
    const headers = { Authorization: `Bearer ${tokens.access_token}` };
    const call = new Request(API, { headers });
    const signingAlgorithms = [alg];
    await oauth.validateJwtAccessToken(as, call, API, { ...insecure, signingAlgorithms });
  });
}
