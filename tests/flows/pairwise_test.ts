/** Whether clients of different sectors know a person by different names, everywhere, and we by the person's own. */

import { decodeJwt } from "jose";
import assert from "node:assert/strict";
import { browserState, sessionState } from "../../src/oauth/session_state.ts";
import { agent, attribute } from "../support/agent.ts";
import { CALLBACK, RAW_CONFIG, type RawConfig } from "../support/config.ts";
import {
  answerOf,
  authorizeUrl,
  introspect,
  pageOf,
  passThrough,
  redeem,
  requestToken,
  silently,
  tokensFor,
  tokensOf,
  userinfo,
} from "../support/flow.ts";
import { endSessionUrl } from "../support/logout.ts";
import { listeningServer, type TestServer } from "../support/server.ts";

/** How each client sees people: `web` and `post` share a sector, `spa` has one of its own. */
const SUBJECTS: Readonly<Record<string, RawConfig>> = {
  web: { subject_type: "pairwise", redirect_uris: [CALLBACK] },
  post: { subject_type: "pairwise", redirect_uris: [CALLBACK], access_token_format: "reference" },
  spa: { subject_type: "pairwise", sector_identifier_uri: "https://other.example/spas.json" },
};

function pairwiseServer(members: Readonly<Record<string, RawConfig>> = {}): Promise<TestServer> {
  const clients = (RAW_CONFIG["clients"] as RawConfig[]).map((client) => ({
    ...client,
    ...SUBJECTS[String(client["client_id"])],
    ...members[String(client["client_id"])],
  }));
  const config = { clients, tokens: { pairwise_salt: { env: "SALT" } } };
  return listeningServer({ config, variables: { SALT: "salt-of-pairwise-subjects" } });
}

const subOf = (jwt: string) => decodeJwt(jwt).sub;

Deno.test("OpenID Connect Core §8: a client sees one sub of a person in ID token, userinfo, access token and introspection", async () => {
  await using server = await pairwiseServer();
  const scope = "openid offline_access invoices.read";
  for (const client_id of ["web", "post"] as const) {
    const tokens = await tokensFor(server, { client_id, scope });
    const { access_token, id_token, refresh_token } = tokens;
    const sub = subOf(id_token);
    assert.notEqual(sub, "sub-alice");
    assert.equal((await userinfo(server, access_token)).body["sub"], sub);
    if (client_id === "web") assert.equal(subOf(access_token), sub);
    for (const token of [access_token, refresh_token]) {
      const { body } = await introspect(server, client_id, token);
      assert.deepEqual([body["active"], body["sub"]], [true, sub]);
    }
    assert.equal((await introspect(server, "api", access_token)).body["sub"], sub);
    const grant_type = "refresh_token";
    const next = tokensOf(await requestToken(server, client_id, { grant_type, refresh_token }));
    assert.equal(subOf(next.id_token), sub);
    assert.equal((await userinfo(server, next.access_token)).body["sub"], sub);
  }
});

Deno.test("OpenID Connect Core §8.1: clients of one sector see the same sub, those of another a different one", async () => {
  await using server = await pairwiseServer();
  const seen = async (client_id: string, username: string) => {
    const answer = await passThrough(agent(server), authorizeUrl(server, { client_id }), username);
    return subOf(tokensOf(await redeem(server, answer["code"] ?? "", {}, client_id)).id_token);
  };
  const [web, post, spa] = [
    await seen("web", "alice"),
    await seen("post", "alice"),
    await seen("spa", "alice"),
  ];
  assert.equal(web, post);
  assert.notEqual(web, spa);
  assert.notEqual(await seen("web", "bob"), web);
  // OpenID Connect Core §2: at most 255 ASCII characters
  assert.match(web ?? "", /^[A-Za-z0-9_-]{43}$/);
});

Deno.test("OpenID Connect Core §3.1.2.2: id_token_hint names a person by the pairwise sub that its client sees", async () => {
  await using server = await pairwiseServer();
  const hers = agent(server);
  const { code } = await passThrough(hers, authorizeUrl(server));
  const { id_token } = tokensOf(await redeem(server, code ?? ""));
  const hint = { id_token_hint: id_token };
  assert.equal(await silently(server, hers, hint), undefined);
  const his = agent(server);
  await passThrough(his, authorizeUrl(server), "bob");
  assert.equal(await silently(server, his, hint), "login_required");
  const page = await his.open(authorizeUrl(server, hint));
  assert.equal(pageOf(page), "login");
  assert.doesNotMatch(page.html, /alice|bob/);
  const login = { password: "bob", action: "login" };
  assert.equal(
    answerOf(await his.submit(page, { ...login, username: "bob" }))["error"],
    "login_required",
  );
});

Deno.test("OpenID Connect Core §8: clients of two sectors can't tell by the session whom they share, and each ends it by the sid that it knows", async () => {
  const told = {
    frontchannel_logout_uri: "https://rp.example.com/gone",
    frontchannel_logout_session_required: true,
  };
  await using server = await pairwiseServer({
    web: { ...told, require_consent: false },
    spa: told,
  });
  for (const client_id of ["web", "spa"]) {
    const browser = agent(server);
    const idToken = async (client_id: string) => {
      const answer = await passThrough(browser, authorizeUrl(server, { client_id }));
      return tokensOf(await redeem(server, answer["code"] ?? "", {}, client_id)).id_token;
    };
    const [web, post, spa] = [await idToken("web"), await idToken("post"), await idToken("spa")];
    const sids = [web, post, spa].map((one) => String(decodeJwt(one)["sid"]));
    assert.equal(sids[0], sids[1]);
    assert.notEqual(sids[0], sids[2]);
    const { found } = await server.server.records.session.list();
    assert.ok(found.length > 0 && found.every(({ record }) => !sids.includes(record.sid)));
    const hint = client_id === "web" ? web : spa;
    const visit = await browser.open(endSessionUrl(server, { id_token_hint: hint }));
    assert.match(visit.html, /id="logged-out"/);
    const frames = [...visit.html.matchAll(/<iframe[^>]*>/g)]
      .map(([tag]) => new URL(attribute(tag, "src")).searchParams.get("sid"));
    assert.deepEqual(frames.sort(), [sids[0], sids[2]].sort());
  }
});

Deno.test("OpenID Connect Core §8: who knows the sid of a session can't tell a pairwise client's session_state by it", async () => {
  await using server = await pairwiseServer();
  const answer = await passThrough(agent(server), authorizeUrl(server));
  const { found: [read] } = await server.server.records.session.list();
  const [, salt = ""] = answer["session_state"]?.split(".") ?? [];
  const guessed = sessionState("spa", CALLBACK, browserState(read!.record), salt);
  assert.notEqual(answer["session_state"], guessed);
});

Deno.test("OpenID Connect Core §8: we know people by their own sub", async () => {
  await using server = await pairwiseServer();
  await tokensFor(server, { client_id: "web" });
  const { found } = await server.server.records.authorization.find("sub", "sub-alice");
  assert.deepEqual(found.map(({ record }) => record.client_id), ["web"]);
  const granted = server.env.events.filter(({ message }) => message === "authorization.granted");
  assert.deepEqual(granted.map(({ members }) => members["sub"]), ["sub-alice"]);
});

Deno.test("OpenID Connect Discovery §3: pairwise is offered where there is a salt", async () => {
  const offered = async (server: TestServer) => {
    const response = await server.fetch("/.well-known/openid-configuration");
    return (await response.json())["subject_types_supported"];
  };
  await using pairwise = await pairwiseServer();
  await using plain = await listeningServer();
  assert.deepEqual(await offered(pairwise), ["public", "pairwise"]);
  assert.deepEqual(await offered(plain), ["public"]);
});
