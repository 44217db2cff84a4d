/** Whether openid-client and oauth4webapi, as they come, push their requests, by each way of authenticating and signed as well. */

import assert from "node:assert/strict";
import { SignJWT } from "jose";
import * as oauth from "oauth4webapi";
import * as openid from "openid-client";
import { agent, logIn } from "../support/agent.ts";
import { CLIENT_JWKS, CLIENT_KEY, CLIENT_METHODS } from "../support/client_methods.ts";
import { CALLBACK, RAW_CONFIG, type RawConfig } from "../support/config.ts";
import { testEnv } from "../support/env.ts";
import { answerOf, assertRefused, post, REQUEST } from "../support/flow.ts";
import { PAR } from "../support/pushed.ts";
import { fetchWhole, listeningServer, type TestServer } from "../support/server.ts";

const ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/** A server that knows a first-party client `rp`, which has to push; its clock is right. */
function serverFor(members: RawConfig): Promise<TestServer> {
  const rp = {
    client_id: "rp",
    redirect_uris: [CALLBACK],
    scope: "openid email",
    require_consent: false,
    require_pushed_authorization_requests: true,
    jwks: CLIENT_JWKS,
    ...members,
  };
  const env = testEnv(Math.floor(Date.now() / 1000));
  return listeningServer({
    env,
    config: { clients: [...RAW_CONFIG["clients"] as RawConfig[], rp] },
  });
}

async function discover({ issuer }: TestServer, proof: openid.ClientAuth) {
  return await openid.discovery(new URL(issuer), "rp", {}, proof, {
    execute: [openid.allowInsecureRequests],
    [openid.customFetch]: fetchWhole,
  });
}

for (const [name, method] of Object.entries(CLIENT_METHODS)) {
  for (const signed of [false, true]) {
    const what = signed ? "a signed request" : "a request";
    Deno.test(`openid-client, ${name}: pushes ${what}, and gets tokens`, async () => {
      const members = { ...method.members, require_signed_request_object: signed };
      await using server = await serverFor(members);
      const rp = await discover(server, method.openid);
      assert.ok(rp.serverMetadata().pushed_authorization_request_endpoint);
      const pkceCodeVerifier = openid.randomPKCECodeVerifier();
      const [expectedState, expectedNonce] = [openid.randomState(), openid.randomNonce()];
      const parameters = {
        redirect_uri: CALLBACK,
        scope: "openid email",
        code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
        code_challenge_method: "S256",
        state: expectedState,
        nonce: expectedNonce,
      };
      const object = signed
        ? await openid.buildAuthorizationUrlWithJAR(rp, parameters, CLIENT_KEY)
        : undefined;
      const pushed = object === undefined
        ? parameters
        : { request: object.searchParams.get("request") ?? "" };
      const request = await openid.buildAuthorizationUrlWithPAR(rp, pushed);
      assert.deepEqual([...request.searchParams.keys()].toSorted(), ["client_id", "request_uri"]);
      const browser = agent(server);
      const { url } = await logIn(browser, await browser.open(request), "alice");
      const checks = { pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true };
      const tokens = await openid.authorizationCodeGrant(rp, url, checks);
      assert.equal(tokens.claims()?.sub, "sub-alice");
      const person = await openid.fetchUserInfo(rp, tokens.access_token, "sub-alice");
      assert.equal(person.email, "alice@example.com");
    });
  }

  Deno.test(`oauth4webapi, ${name}: pushes a signed request, and gets tokens`, async () => {
    await using server = await serverFor(method.members);
    const options = { [oauth.allowInsecureRequests]: true, [oauth.customFetch]: fetchWhole };
    const as = await oauth.processDiscoveryResponse(
      new URL(server.issuer),
      await oauth.discoveryRequest(new URL(server.issuer), options),
    );
    const client = { client_id: "rp" };
    const verifier = oauth.generateRandomCodeVerifier();
    const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()];
    const parameters = new URLSearchParams({
      redirect_uri: CALLBACK,
      response_type: "code",
      scope: "openid email",
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
      state,
      nonce,
    });
    const request = await oauth.issueRequestObject(as, client, parameters, CLIENT_KEY);
    const pushing = (form: Record<string, string>) =>
      oauth.pushedAuthorizationRequest(
        as,
        client,
        method.oauth,
        new URLSearchParams(form),
        options,
      );
    const response = await pushing({ request });
    const { request_uri, expires_in } = await oauth.processPushedAuthorizationResponse(
      as,
      client,
      response,
    );
    assert.equal(expires_in, 60);
    // The object has a jti.
    const again = await pushing({ request });
    await assert.rejects(
      oauth.processPushedAuthorizationResponse(as, client, again),
      (error: oauth.ResponseBodyError) => error.error === "invalid_request_object",
    );

    const url = new URL(as.authorization_endpoint ?? "");
    url.search = `${new URLSearchParams({ client_id: "rp", request_uri })}`;
    const browser = agent(server);
    const last = await logIn(browser, await browser.open(url), "alice");
    const callback = oauth.validateAuthResponse(as, client, last.url, state);
    const redeemed = await oauth.authorizationCodeGrantRequest(
      as,
      client,
      method.oauth,
      callback,
      CALLBACK,
      verifier,
      options,
    );
    const tokens = await oauth.processAuthorizationCodeResponse(as, client, redeemed, {
      expectedNonce: nonce,
      requireIdToken: true,
    });
    assert.equal(oauth.getValidatedIdTokenClaims(tokens)?.sub, "sub-alice");
    assert.ok(answerOf(last)["code"]);
  });
}

Deno.test("RFC 9126 §2: the issuer, the token endpoint and the PAR endpoint name us in an assertion, and it is used once", async () => {
  await using server = await serverFor({ token_endpoint_auth_method: "private_key_jwt" });
  const { issuer, env } = server;
  const assertion = (aud: unknown, jti: string) =>
    new SignJWT({ iss: "rp", sub: "rp", aud: aud as string, exp: env.now() + 60, jti })
      .setProtectedHeader({ alg: "ES256", kid: "1" }).sign(CLIENT_KEY.key);
  const send = (client_assertion: string) =>
    post(server, PAR, {
      ...REQUEST,
      client_id: "rp",
      client_assertion,
      client_assertion_type: ASSERTION_TYPE,
    });
  const paths = ["", "/connect/token", PAR, "/connect/deviceauthorization"];
  for (const [n, path] of paths.entries()) {
    const signed = await assertion(issuer + path, `jti-${n}`);
    assert.equal((await send(signed)).status, 201, path);
    assertRefused(await send(signed), "invalid_client", 401);
  }
  assert.equal((await send(await assertion(["urn:x", issuer + PAR], "list"))).status, 201);
  const foreign = ["", "/connect/authorize", "/connect/userinfo", "/connect/par/", "/"];
  for (const [n, path] of foreign.entries()) {
    const aud = path === "" ? "https://other.example/connect/par" : issuer + path;
    assertRefused(await send(await assertion(aud, `foreign-${n}`)), "invalid_client", 401);
  }
});
