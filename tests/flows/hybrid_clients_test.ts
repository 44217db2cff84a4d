/** Whether openid-client and oauth4webapi, which check every hash, take what the implicit and hybrid flows bring. */

import assert from "node:assert/strict";
import * as oauth from "oauth4webapi";
import * as openid from "openid-client";
import { agent, formOf, logIn } from "../support/agent.ts";
import { CALLBACK, SECRETS, withClient } from "../support/config.ts";
import { testEnv } from "../support/env.ts";
import { fetchWhole, listeningServer, type TestServer } from "../support/server.ts";

/** A server whose client `web` may use these response types; its clock is right, for the libraries look at their own. */
function serverFor(...response_types: string[]): Promise<TestServer> {
  const grant_types = ["authorization_code", "implicit"];
  const members = { grant_types, response_types, require_consent: false, scope: "openid email" };
  const config = withClient("web", members);
  return listeningServer({ env: testEnv(Math.floor(Date.now() / 1000)), config });
}

async function discover(
  { issuer }: TestServer,
  ...execute: ((rp: openid.Configuration) => void)[]
) {
  const proof = openid.ClientSecretBasic(SECRETS.web);
  return await openid.discovery(new URL(issuer), "web", {}, proof, {
    execute: [openid.allowInsecureRequests, ...execute],
    [openid.customFetch]: fetchWhole,
  });
}

async function pkce() {
  const pkceCodeVerifier = openid.randomPKCECodeVerifier();
  return {
    pkceCodeVerifier,
    challenge: {
      code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: "S256",
    },
  };
}

/** What the client gets once alice has logged in: where the browser went, or what it posted there. */
async function arrive(server: TestServer, request: URL): Promise<URL | Request> {
  const browser = agent(server);
  const visit = await logIn(browser, await browser.open(request), "alice");
  if (visit.status === 0) return visit.url;
  const { action, fields } = formOf(visit);
  return new Request(action, { method: "POST", body: fields });
}

for (const response_mode of ["fragment", "form_post"]) {
  Deno.test(`openid-client: the hybrid flow (code id_token) by ${response_mode}`, async () => {
    await using server = await serverFor("code", "code id_token");
    const rp = await discover(server, openid.useCodeIdTokenResponseType);
    const { pkceCodeVerifier, challenge } = await pkce();
    const [expectedState, expectedNonce] = [openid.randomState(), openid.randomNonce()];
    const request = openid.buildAuthorizationUrl(rp, {
      redirect_uri: CALLBACK,
      scope: "openid email",
      state: expectedState,
      nonce: expectedNonce,
      response_mode,
      ...challenge,
    });
    const arrived = await arrive(server, request);
    const checks = { pkceCodeVerifier, expectedState, expectedNonce };
    const tokens = await openid.authorizationCodeGrant(rp, arrived, checks);
    assert.equal(tokens.claims()?.sub, "sub-alice");
  });

  Deno.test(`openid-client: the implicit flow (id_token) by ${response_mode}`, async () => {
    await using server = await serverFor("code", "id_token");
    const rp = await discover(server, openid.useIdTokenResponseType);
    const [expectedState, nonce] = [openid.randomState(), openid.randomNonce()];
    const parameters = { redirect_uri: CALLBACK, scope: "openid email", response_mode, nonce };
    const request = openid.buildAuthorizationUrl(rp, { ...parameters, state: expectedState });
    const arrived = await arrive(server, request);
    const claims = await openid.implicitAuthentication(rp, arrived, nonce, { expectedState });
    assert.deepEqual([claims.sub, claims["email"]], ["sub-alice", "alice@example.com"]);
  });
}

Deno.test("FAPI 1.0 Part 2 §5.1: oauth4webapi takes the ID token as a detached signature of code and state", async () => {
  await using server = await serverFor("code", "code id_token");
  const insecure = { [oauth.allowInsecureRequests]: true, [oauth.customFetch]: fetchWhole };
  const issuer = new URL(server.issuer);
  const as = await oauth.processDiscoveryResponse(
    issuer,
    await oauth.discoveryRequest(issuer, insecure),
  );
  const { challenge } = await pkce();
  const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()];
  const request = new URL(as.authorization_endpoint ?? "");
  request.search = new URLSearchParams({
    client_id: "web",
    redirect_uri: CALLBACK,
    response_type: "code id_token",
    scope: "openid",
    state,
    nonce,
    ...challenge,
  }).toString();
  const url = await arrive(server, request);
  assert.ok(url instanceof URL);
  const client: oauth.Client = { client_id: "web" };
  const check = (arrived: URL, expected = state) =>
    oauth.validateDetachedSignatureResponse(
      as,
      client,
      arrived,
      nonce,
      expected,
      undefined,
      insecure,
    );
  const answer = await check(url);
  assert.ok(answer.get("code"));
  const forged = new URL(url);
  forged.hash = url.hash.replace(
    /code=ac_./,
    (code) => code.slice(0, -1) + (code.endsWith("A") ? "B" : "A"),
  );
  await assert.rejects(check(forged));
});
