/** What the Back-Channel Logout plan of the OpenID Foundation demands (oidcc-backchannel-rp-initiated-logout-certification-test-plan). */

import { createLocalJWKSet, jwtVerify } from "jose";
import assert from "node:assert/strict";
import type { ResponseType } from "../../src/oauth/client.ts";
import { endpoint, SUITE, suiteServer } from "../support/conformance.ts";
import { checkLeft, checkLogin, logIn, STATE } from "../support/conformance_logout.ts";
import { START, testEnv } from "../support/env.ts";

Deno.test("oidcc-backchannel-logout-discovery-endpoint-verification: metadata promises logout tokens with sid", async () => {
  await using op = await suiteServer();
  assert.equal(op.metadata["backchannel_logout_supported"], true);
  assert.equal(op.metadata["backchannel_logout_session_supported"], true);
  assert.equal(new URL(endpoint(op, "end_session_endpoint")).protocol, "https:");
});

/** The suite's end of the back channel: it notes what is posted, and answers as the specification says. */
function backChannel() {
  const heard: Request[] = [];
  const fetch = (input: URL | RequestInfo, init?: RequestInit) => {
    heard.push(new Request(input, init));
    return Promise.resolve(new Response("", { headers: { "Cache-Control": "no-store" } }));
  };
  return { heard, fetch };
}

for (const response_type of ["code", "id_token", "code id_token token"] satisfies ResponseType[]) {
  Deno.test(`oidcc-backchannel-rp-initiated-logout (${response_type}): the client has a logout token before the browser is back`, async () => {
    const { heard, fetch } = backChannel();
    const uri = `${SUITE}/backchannel_logout`;
    const members = {
      backchannel_logout_uri: uri,
      backchannel_logout_session_required: true,
    };
    await using login = await logIn({ response_type }, members, { env: testEnv(START, fetch) });
    const { op, outcome: { id_tokens } } = login;
    const { client_id } = op.clients.client;
    op.env.advance(5);
    checkLeft(await login.endSession(), STATE);

    const [request, ...others] = heard;
    assert.equal(others.length, 0, "clients without a login hear nothing");
    assert.deepEqual([request?.method, request?.url], ["POST", uri]);
    const type = request?.headers.get("Content-Type") ?? "";
    assert.match(type, /^application\/x-www-form-urlencoded\b/);
    const form = [...new URLSearchParams(await request?.text())];
    assert.deepEqual(form.map(([name]) => name), ["logout_token"]);

    const [[, logout_token = ""] = []] = form;
    const now = op.env.now();
    const { payload, protectedHeader } = await jwtVerify(
      logout_token,
      createLocalJWKSet(op.jwks),
      {
        issuer: op.issuer,
        audience: client_id,
        currentDate: new Date(now * 1000),
        typ: "logout+jwt",
      },
    );
    assert.equal(protectedHeader.alg, "RS256");
    const { iss, aud, iat, exp = 0, jti, events, sub, sid, ...rest } = payload;
    assert.deepEqual([iss, aud, iat], [op.issuer, client_id, now]);
    // OpenID Connect Back-Channel Logout §4: at most two minutes
    assert.ok(exp > now && exp <= now + 120);
    assert.match(jti ?? "", /^.{22,}$/);
    assert.deepEqual(events, { "http://schemas.openid.net/event/backchannel-logout": {} });
    for (const claims of id_tokens) {
      assert.deepEqual([sub, sid], [claims.sub, claims["sid"]]);
    }
    assert.ok(sub && sid);
    // A nonce is prohibited, and nothing else was asked for.
    assert.deepEqual(rest, {});
    await checkLogin(login, false);
  });
}
