/** What the Front-Channel Logout plan of the OpenID Foundation demands (oidcc-frontchannel-rp-initiated-logout-certification-test-plan). */

import assert from "node:assert/strict";
import type { ResponseType } from "../../src/oauth/client.ts";
import { attribute } from "../support/agent.ts";
import { endpoint, SUITE, suiteServer } from "../support/conformance.ts";
import { checkLogin, checkPostLogout, logIn, STATE } from "../support/conformance_logout.ts";

Deno.test("oidcc-frontchannel-logout-discovery-endpoint-verification: metadata promises iframes with sid", async () => {
  await using op = await suiteServer();
  assert.equal(op.metadata["frontchannel_logout_supported"], true);
  assert.equal(op.metadata["frontchannel_logout_session_supported"], true);
  assert.equal(new URL(endpoint(op, "end_session_endpoint")).protocol, "https:");
});

for (const response_type of ["code", "id_token", "code id_token token"] satisfies ResponseType[]) {
  Deno.test(`oidcc-frontchannel-rp-initiated-logout (${response_type}): an iframe tells the client whose session has ended, and the browser goes back`, async () => {
    const uri = `${SUITE}/frontchannel_logout`;
    await using login = await logIn({ response_type }, {
      frontchannel_logout_uri: uri,
      frontchannel_logout_session_required: true,
    });
    const { op, outcome: { id_tokens } } = login;
    const visit = await login.endSession();
    assert.deepEqual([visit.url.origin, visit.status], [op.issuer, 200]);

    const frames = [...visit.html.matchAll(/<iframe[^>]*>/g)].map(([tag]) => tag);
    assert.equal(frames.length, 1, "clients without a login hear nothing");
    const frame = new URL(attribute(frames[0] ?? "", "src"));
    assert.equal(frame.origin + frame.pathname, uri);
    for (const { sid } of id_tokens) {
      assert.deepEqual([...frame.searchParams], [["iss", op.issuer], ["sid", sid]]);
    }
    const policy = visit.headers.get("Content-Security-Policy") ?? "";
    assert.match(policy, new RegExp(`frame-src ${frame.origin}(;|$)`));
    assert.match(visit.headers.get("Cache-Control") ?? "", /no-store/);

    // The page goes on by itself once the iframe has loaded; without a script a link and a refresh do.
    assert.match(visit.html, /<script nonce="/);
    const [link = ""] = /<a[^>]*id="submit"[^>]*>/.exec(visit.html) ?? [];
    checkPostLogout(new URL(attribute(link, "href")), STATE);
    const [refresh = ""] = /<meta[^>]*http-equiv="refresh"[^>]*>/.exec(visit.html) ?? [];
    checkPostLogout(new URL(attribute(refresh, "content").replace(/^\d+; url=/, "")), STATE);
    await checkLogin(login, false);
  });
}
