/** Whether openid-client and oauth4webapi, as they come, get tokens for a device, by each way of authenticating. */

import assert from "node:assert/strict";
import * as oauth from "oauth4webapi";
import * as openid from "openid-client";
import { CLIENT_METHODS } from "../support/client_methods.ts";
import type { RawConfig } from "../support/config.ts";
import { answerDevice, withDevice } from "../support/device.ts";
import { testEnv } from "../support/env.ts";
import { fetchWhole, listeningServer, type TestServer } from "../support/server.ts";

const SCOPE = "openid profile offline_access";

/** A server whose device may poll once a second; its clock is right until somebody moves it. */
function serverFor(members: RawConfig = {}): Promise<TestServer> {
  const config = withDevice({ device_polling_interval: "1s", ...members });
  const env = testEnv(Math.floor(Date.now() / 1000));
  return listeningServer({ env, config });
}

/** `openid-client` for the device. Before each of its polls the server's clock goes on as the library's has, then `between` happens. */
async function openidClient(
  { issuer, env }: TestServer,
  proof: openid.ClientAuth,
  between: (poll: number) => Promise<unknown>,
): Promise<openid.Configuration> {
  let polls = 0;
  return await openid.discovery(new URL(issuer), "tv", {}, proof, {
    execute: [openid.allowInsecureRequests],
    [openid.customFetch]: async (url: string, init: { body?: unknown }) => {
      if (String(init.body).includes("device_code=")) {
        env.advance(1);
        await between(++polls);
      }
      return await fetchWhole(url, init);
    },
  });
}

for (const [name, method] of Object.entries(CLIENT_METHODS)) {
  Deno.test(`openid-client, ${name}: a device waits, is allowed in, asks who it was and refreshes`, async () => {
    await using server = await serverFor(method.members);
    let user_code = "";
    const tv = await openidClient(server, method.openid, async (poll) => {
      if (poll === 2) await answerDevice(server, { user_code });
    });
    const codes = await openid.initiateDeviceAuthorization(tv, { scope: SCOPE });
    user_code = codes.user_code;
    assert.equal(codes.verification_uri, `${server.issuer}/device`);
    assert.equal(codes.interval, 1);
    const options = { signal: new AbortController().signal };
    const tokens = await openid.pollDeviceAuthorizationGrant(tv, codes, undefined, options);
    assert.equal(tokens.claims()?.sub, "sub-alice");
    const person = await openid.fetchUserInfo(tv, tokens.access_token, "sub-alice");
    assert.equal(person.name, "Alice Example");
    const next = await openid.refreshTokenGrant(tv, tokens.refresh_token ?? "");
    assert.ok(next.refresh_token !== undefined && next.refresh_token !== tokens.refresh_token);
    await openid.tokenRevocation(tv, next.refresh_token);
    await assert.rejects(openid.refreshTokenGrant(tv, next.refresh_token), {
      error: "invalid_grant",
    });
  });

  Deno.test(`oauth4webapi, ${name}: a device waits, is told to slow down, and is allowed in`, async () => {
    await using server = await serverFor(method.members);
    const options = { [oauth.allowInsecureRequests]: true, [oauth.customFetch]: fetchWhole };
    const issuer = new URL(server.issuer);
    const discovered = await oauth.discoveryRequest(issuer, options);
    const as = await oauth.processDiscoveryResponse(issuer, discovered);
    assert.ok(as.grant_types_supported?.includes("urn:ietf:params:oauth:grant-type:device_code"));
    const client = { client_id: "tv" };
    const codes = await oauth.processDeviceAuthorizationResponse(
      as,
      client,
      await oauth.deviceAuthorizationRequest(
        as,
        client,
        method.oauth,
        new URLSearchParams({ scope: SCOPE }),
        options,
      ),
    );
    const poll = async () =>
      await oauth.processDeviceCodeResponse(
        as,
        client,
        await oauth.deviceCodeGrantRequest(as, client, method.oauth, codes.device_code, options),
      );
    const hears = (error: string) =>
      assert.rejects(poll(), (one: oauth.ResponseBodyError) => one.error === error);
    await hears("authorization_pending");
    await hears("slow_down");
    server.env.advance(4);
    await hears("slow_down");
    server.env.advance(11);
    await hears("authorization_pending");
    await answerDevice(server, codes);
    const tokens = await poll();
    assert.equal(oauth.getValidatedIdTokenClaims(tokens)?.sub, "sub-alice");
    await hears("invalid_grant");
  });
}

Deno.test("openid-client: a device that is refused, and one whose person never came, hear so", async () => {
  await using server = await serverFor();
  const signal = new AbortController().signal;
  let user_code = "";
  const refused = await openidClient(
    server,
    openid.None(),
    () => answerDevice(server, { user_code }, { action: "deny" }),
  );
  const codes = await openid.initiateDeviceAuthorization(refused, { scope: "openid" });
  user_code = codes.user_code;
  await assert.rejects(openid.pollDeviceAuthorizationGrant(refused, codes, undefined, { signal }), {
    error: "access_denied",
  });
  const late = await openidClient(server, openid.None(), (poll) => {
    if (poll === 2) server.env.advance(600);
    return Promise.resolve();
  });
  const others = await openid.initiateDeviceAuthorization(late, { scope: "openid" });
  await assert.rejects(openid.pollDeviceAuthorizationGrant(late, others, undefined, { signal }), {
    error: "expired_token",
  });
});
