/** What whoever asks hears of a token: APIs of those that are for them, clients of their own, nobody else of any. */

import assert from "node:assert/strict";
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from "jose";
import * as oauth from "oauth4webapi";
import {
  MANY_SECRETS,
  RAW_CONFIG,
  type RawConfig,
  RESOURCES,
  SCOPE,
  SECRETS,
  withClient,
  withResource,
} from "../support/config.ts";
import { START, testEnv } from "../support/env.ts";
import {
  type Answer,
  answer,
  assertNotCached,
  assertRefused,
  basic,
  codeFor,
  type Fields,
  introspect,
  post,
  refresh,
  requestToken,
  tokensFor,
  tokensOf,
  userinfo,
} from "../support/flow.ts";
import { assertNothingReflected, encode, KINDS_OF_JUNK } from "../support/hostile.ts";
import { robotForm, withRobot } from "../support/robot.ts";
import {
  fetchWhole,
  listeningServer,
  type TestServer,
  type TestServerOptions,
} from "../support/server.ts";
import { privateJwk } from "../support/signing_keys.ts";

const PATH = "/connect/introspect";
const JWT = "application/token-introspection+jwt";
const { api: API, calendar: CALENDAR } = RESOURCES;
const EVERYTHING = `${SCOPE} calendar.read`;

/** A server whose `web` may use every scope, and asks nobody. */
function open(options: TestServerOptions = {}): Promise<TestServer> {
  const config = withClient("web", { scope: EVERYTHING, require_consent: false });
  return listeningServer({ ...options, config: { ...config, ...options.config } });
}

/** A machine's access token. */
async function machineToken(server: TestServer, form: Fields = {}): Promise<string> {
  const grant_type = "client_credentials";
  return tokensOf(await requestToken(server, "machine", { grant_type, ...form })).access_token;
}

function claimsOf(jwt: string): Record<string, unknown> {
  const bytes = Uint8Array.fromBase64(jwt.split(".")[1] ?? "", { alphabet: "base64url" });
  return JSON.parse(new TextDecoder().decode(bytes));
}

function assertInactive({ status, headers, body }: Answer, because = ""): void {
  assert.equal(status, 200, because);
  assert.deepEqual(body, { active: false }, because);
  assertNotCached(headers);
}

function assertActive({ status, headers, body }: Answer): Readonly<Record<string, unknown>> {
  assert.equal(status, 200);
  assert.equal(body["active"], true);
  assertNotCached(headers);
  return body;
}

/** A raw request. */
function ask(server: TestServer, form: Fields, authorization?: string): Promise<Answer> {
  return post(
    server,
    PATH,
    form,
    authorization === undefined ? {} : {
      Authorization: authorization,
    },
  );
}

Deno.test("RFC 7662 §2.2: a client hears of its access token what the JWT says", async () => {
  await using server = await open();
  const { access_token } = await tokensFor(server, { client_id: "web", scope: EVERYTHING });
  const body = assertActive(await introspect(server, "web", access_token));
  assert.deepEqual([body["sub"], body["client_id"]], ["sub-alice", "web"]);
  assert.deepEqual([body["iat"], body["exp"], body["iss"]], [START, START + 3600, server.issuer]);
  assert.deepEqual(body["aud"], [API, CALENDAR]);
  assert.equal(body["email"], "alice@example.com");
  // RFC 7662 §5: nobody needs more than sub
  assert.ok(!("username" in body));
  assert.deepEqual(body, { ...claimsOf(access_token), active: true, token_type: "Bearer" });
});

Deno.test("RFC 9701 §5: of a token for two APIs each hears its own scopes and claims, and of itself alone", async () => {
  await using server = await open();
  const { access_token } = await tokensFor(server, { client_id: "web", scope: EVERYTHING });
  const invoices = assertActive(await introspect(server, "api", access_token));
  assert.equal(invoices["scope"], "invoices.read invoices.write");
  assert.deepEqual([invoices["aud"], invoices["email"]], [API, "alice@example.com"]);
  const calendar = assertActive(await introspect(server, "calendar", access_token));
  assert.equal(calendar["scope"], "calendar.read");
  assert.deepEqual([calendar["aud"], calendar["email"]], [CALENDAR, undefined]);
  for (const body of [invoices, calendar]) {
    assert.deepEqual([body["sub"], body["client_id"]], ["sub-alice", "web"]);
    assert.deepEqual([body["token_type"], body["iss"]], ["Bearer", server.issuer]);
    assert.deepEqual([body["exp"], body["iat"]], [START + 3600, START]);
    assert.deepEqual([body["auth_time"], body["amr"]], [START, ["pwd"]]);
    assert.equal(body["jti"], claimsOf(access_token)["jti"]);
  }
});

Deno.test("RFC 7662 §4: a token is active only at the APIs that it is for", async () => {
  await using server = await open();
  const none = await tokensFor(server, { client_id: "web", scope: "openid profile" });
  const table = [
    { token: await machineToken(server), active: ["api", "calendar"] },
    { token: await machineToken(server, { scope: "invoices.read" }), active: ["api"] },
    { token: await machineToken(server, { resource: API }), active: ["api"] },
    { token: await machineToken(server, { resource: CALENDAR }), active: ["calendar"] },
    { token: none.access_token, active: [] },
  ];
  for (const { token, active } of table) {
    for (const asker of ["api", "calendar"] as const) {
      const answer = await introspect(server, asker, token);
      if (active.includes(asker)) assertActive(answer);
      else assertInactive(answer);
    }
  }
});

Deno.test("RFC 7662 §2.2: a machine's token says which client it is, and has its claims", async () => {
  await using server = await listeningServer({
    config: withClient("machine", { claims: { department: "accounting" } }),
  });
  const body = assertActive(await introspect(server, "api", await machineToken(server)));
  assert.deepEqual([body["sub"], body["client_id"]], ["machine", "machine"]);
  assert.equal(body["client_department"], "accounting");
  assert.ok(!("auth_time" in body));
});

Deno.test("RFC 7662 §2.2: a client hears of its refresh token, an API of none", async () => {
  await using server = await open();
  const scope = "openid offline_access invoices.read";
  const { refresh_token } = await tokensFor(server, { client_id: "web", scope });
  const body = assertActive(await introspect(server, "web", refresh_token));
  assert.deepEqual(
    [body["client_id"], body["sub"], body["scope"], body["iss"]],
    ["web", "sub-alice", scope, server.issuer],
  );
  assert.ok(Number(body["exp"]) > START && Number(body["iat"]) === START);
  assert.ok(!("token_type" in body) && !("aud" in body));
  assertInactive(await introspect(server, "api", refresh_token));
});

Deno.test("RFC 7662 §4: a client hears of no other client's token", async () => {
  await using server = await open();
  const scope = "openid offline_access invoices.read";
  const tokens = await tokensFor(server, { client_id: "web", scope });
  const own = await machineToken(server);
  assertActive(await introspect(server, "machine", own));
  for (const token of [tokens.access_token, tokens.refresh_token]) {
    assertActive(await introspect(server, "web", token));
    for (const other of ["machine", "post"] as const) {
      assertInactive(await introspect(server, other, token));
    }
  }
  assertInactive(await introspect(server, "web", own));
});

Deno.test("RFC 7662 §4: expired and revoked tokens are not active", async () => {
  await using server = await open();
  const askAll = async (tokens: readonly string[], judge: (answer: Answer) => void) => {
    for (const token of tokens) {
      for (const asker of ["web", "api"] as const) judge(await introspect(server, asker, token));
    }
  };
  const request = { client_id: "web", scope: "openid offline_access invoices.read" };
  const [first, second] = [await tokensFor(server, request), await tokensFor(server, request)];
  await askAll([first.access_token, second.access_token], assertActive);
  const revoke = (token: string) =>
    post(server, "/connect/revocation", { token }, { Authorization: basic("web", SECRETS.web) });
  assert.equal((await revoke(first.access_token)).status, 200);
  await askAll([first.access_token], assertInactive);
  assertActive(await introspect(server, "web", first.refresh_token));
  assert.equal((await revoke(second.refresh_token)).status, 200);
  await askAll([second.access_token, second.refresh_token], assertInactive);
  const { access_token } = await tokensFor(server, request);
  server.env.advance(3599);
  await askAll([access_token], assertActive);
  server.env.advance(1);
  await askAll([access_token], assertInactive);
  const { refresh_token } = tokensOf(await refresh(server, first.refresh_token, {}, "web"));
  assertInactive(await introspect(server, "web", first.refresh_token));
  assertActive(await introspect(server, "web", refresh_token));
});

Deno.test("RFC 7662 §2.2: of whatever is no token the answer is active: false, and nothing else", async () => {
  await using server = await open();
  const code = await codeFor(server, { client_id: "web" });
  const { access_token, id_token, refresh_token } = await tokensFor(server, {
    client_id: "web",
    scope: "openid offline_access invoices.read",
  });
  const [header = "", payload = "", signature = ""] = access_token.split(".");
  const unsigned = btoa(JSON.stringify({ alg: "none", typ: "at+jwt" })).replaceAll("=", "");
  const tokens = [
    code,
    id_token,
    `${access_token}x`,
    `${access_token}=`,
    ` ${access_token}`,
    `${header}.${payload}.`,
    `${unsigned}.${payload}.`,
    `${unsigned}.${payload}.${signature}`,
    `${refresh_token}x`,
    refresh_token.replace("rt_", "ac_"),
    refresh_token.toUpperCase(),
    "rt_",
    "az_x",
    "a.b.c",
    "..",
    ".",
    "null",
    "true",
    "\0",
    "💩",
    "__proto__",
    "x".repeat(60_000),
  ];
  for (const token of tokens) {
    for (const asker of ["api", "web"] as const) {
      assertInactive(await introspect(server, asker, token), token.slice(0, 100));
    }
  }
});

Deno.test("RFC 7662 §2.1: junk in the token is not active, and junk in the credentials is refused", async () => {
  await using server = await open();
  const token = await machineToken(server);
  const good = { client_id: API, client_secret: SECRETS.api, token };
  for (const name of Object.keys(good)) {
    for (const junk of KINDS_OF_JUNK) {
      const response = await server.fetch(PATH, {
        method: "POST",
        body: encode(good, name, junk),
        headers: { "Content-Type": "application/x-www-form-urlencoded" },
      });
      const text = await response.text();
      const because = `${name}, ${junk}: ${response.status} ${text.slice(0, 200)}`;
      assertNothingReflected(response.headers, text);
      assert.notEqual(JSON.parse(text).active, true, because);
      assert.ok([200, 400, 401, 413].includes(response.status), because);
      if (name !== "token") assert.notEqual(response.status, 200, because);
      if (response.status === 200) assert.equal(text, `{"active":false}`, because);
    }
  }
});

Deno.test("RFC 7662 §2.1: a token_type_hint, right, wrong or unknown, changes nothing", async () => {
  await using server = await open();
  const scope = "offline_access openid invoices.read";
  const tokens = await tokensFor(server, { client_id: "web", scope });
  for (const token_type_hint of ["access_token", "refresh_token", "pigeon", "", undefined]) {
    for (const token of [tokens.access_token, tokens.refresh_token]) {
      const form = { token, token_type_hint };
      assertActive(await ask(server, form, basic("web", SECRETS.web)));
    }
  }
});

Deno.test("RFC 7662 §2.1: every confidential client asks by its own method, an API by Basic or in the form", async () => {
  const robot = await withRobot();
  await using server = await listeningServer({ config: robot });
  const grant_type = "client_credentials";
  const of = async (answer: Promise<Answer>) => tokensOf(await answer).access_token;
  const invoices = await machineToken(server, { scope: "invoices.read" });
  const own = await of(post(server, "/connect/token", await robotForm(server, "1")));
  const { grant_type: _, ...assertion } = await robotForm(server, "2");
  const posted = await tokensFor(server, { client_id: "post" });
  const machine = await of(requestToken(server, "machine", { grant_type }));
  const good: readonly (readonly [Fields, string?])[] = [
    [{ token: machine }, basic("machine", SECRETS.machine)],
    [{ token: machine, client_id: "machine" }, basic("machine", SECRETS.machine)],
    [{ token: posted.access_token, client_id: "post", client_secret: SECRETS.post }],
    [{ token: own, ...assertion }],
    [{ token: invoices }, basic(encodeURIComponent(API), SECRETS.api)],
    [{ token: invoices }, basic(API, SECRETS.api)],
    [{ token: invoices, client_id: API }, basic(API, SECRETS.api)],
    [{ token: invoices, client_id: API, client_secret: SECRETS.api }],
  ];
  for (const [form, authorization] of good) assertActive(await ask(server, form, authorization));
  // RFC 7523 §3: an assertion is good once
  assertRefused(await ask(server, { token: own, ...assertion }), "invalid_client", 401);
});

Deno.test("RFC 7662 §2.3: whoever is not authenticated gets one answer, whatever the reason", async () => {
  await using server = await listeningServer({
    config: {
      ...MANY_SECRETS,
      ...withClient("post", { enabled: false }),
      ...withResource("calendar", { secrets: [] }),
    },
  });
  const token = await machineToken(server, { scope: "invoices.read" });
  const attempts: readonly (readonly [Fields, string?])[] = [
    [{}],
    [{}, ""],
    [{}, "Basic !"],
    [{}, `Bearer ${token}`],
    [{}, basic(API, "wrong")],
    [{}, basic(API, "")],
    [{}, basic(API, SECRETS.calendar)],
    [{}, basic(`${API}/`, SECRETS.api)],
    [{}, basic(API.toUpperCase(), SECRETS.api)],
    [{}, basic("https://unknown.example", SECRETS.api)],
    [{}, basic(CALENDAR, "")],
    [{}, basic(CALENDAR, SECRETS.calendar)],
    [{}, basic("machine", SECRETS.api)],
    [{}, basic("nobody", SECRETS.machine)],
    [{}, basic("spa", "")],
    [{ client_id: "spa" }],
    [{ client_id: "machine" }],
    [{ client_id: API }],
    [{ client_id: "machine", client_secret: SECRETS.machine }],
    [{ client_id: "post", client_secret: SECRETS.post }],
    [{ client_id: API, client_secret: "wrong" }],
  ];
  const bodies = new Set<string>();
  for (const [form, authorization] of attempts) {
    const refused = await ask(server, { token, ...form }, authorization);
    assertRefused(refused, "invalid_client", 401);
    assert.equal(refused.headers.get("WWW-Authenticate"), `Basic realm="${server.issuer}"`);
    bodies.add(JSON.stringify(refused.body));
    // who may not ask does not even hear that something is missing
    assertRefused(await ask(server, form, authorization), "invalid_client", 401);
  }
  assert.equal(bodies.size, 1);
});

Deno.test("RFC 7662 §2.1: every live secret of an API is good, an expired one is not", async () => {
  const secrets = [
    { value: "old-secret", expires_at: START },
    { value: "ending-secret", expires_at: START + 60 },
    { value: "new-secret" },
  ];
  await using server = await listeningServer({ config: withResource("api", { secrets }) });
  const token = await machineToken(server);
  const by = (secret: string) => ask(server, { token }, basic(API, secret));
  assertRefused(await by("old-secret"), "invalid_client", 401);
  assertActive(await by("ending-secret"));
  assertActive(await by("new-secret"));
  server.env.advance(60);
  assertRefused(await by("ending-secret"), "invalid_client", 401);
  assertActive(await by("new-secret"));
});

Deno.test("RFC 6749 §2.3: two authentication methods in one request are refused", async () => {
  await using server = await listeningServer();
  const form = { token: await machineToken(server), client_id: API, client_secret: SECRETS.api };
  assertRefused(await ask(server, form, basic(API, SECRETS.api)), "invalid_request");
  const other = { token: form.token, client_id: CALENDAR };
  assertRefused(await ask(server, other, basic(API, SECRETS.api)), "invalid_request");
});

Deno.test("RFC 7662 §2.1: token is required, once, in a form, by POST", async () => {
  await using server = await listeningServer();
  const Authorization = basic(API, SECRETS.api);
  assertRefused(await ask(server, {}, Authorization), "invalid_request");
  assertRefused(await ask(server, { token: "" }, Authorization), "invalid_request");
  const send = async (init: RequestInit, path = PATH) =>
    await answer(await server.fetch(path, { headers: { Authorization }, ...init }));
  const twice = [["token", "a"], ["token", "a"]];
  const hints = [["token", "a"], ["token_type_hint", "a"], ["token_type_hint", "b"]];
  for (const pairs of [twice, hints]) {
    const refused = await send({ method: "POST", body: new URLSearchParams(pairs) });
    assertRefused(refused, "invalid_request");
  }
  const headers = { Authorization, "Content-Type": "application/json" };
  assertRefused(await send({ method: "POST", body: `{"token":"a"}`, headers }), "invalid_request");
  const long = new URLSearchParams({ token: "a".repeat(70_000) });
  assertRefused(await send({ method: "POST", body: long }), "invalid_request", 413);
  for (const method of ["GET", "PUT", "DELETE", "OPTIONS"]) {
    const { status, headers } = await send({ method }, `${PATH}?token=a`);
    assert.deepEqual([status, headers.get("Allow")], [405, "POST"]);
    assert.equal(headers.get("Access-Control-Allow-Origin"), null);
  }
  // a token in the query would stand in the logs of others
  const inQuery = await send({ method: "POST", body: new URLSearchParams() }, `${PATH}?token=a`);
  assertRefused(inQuery, "invalid_request");
});

Deno.test("token.introspected: who asked and what came of it is noted for those who debug, the token never", async () => {
  await using server = await open();
  const scope = "openid offline_access invoices.read";
  const tokens = await tokensFor(server, { client_id: "web", scope });
  await introspect(server, "api", tokens.access_token);
  await introspect(server, "api", tokens.refresh_token);
  await introspect(server, "web", tokens.refresh_token, { Accept: JWT });
  const noted = server.env.events.filter(({ message }) => message === "token.introspected");
  assert.deepEqual(
    noted.map(({ level, members: { trace_id: _, ...rest } }) => ({ level, ...rest })),
    [
      { level: "debug", resource: API, active: true },
      { level: "debug", resource: API, active: false },
      { level: "debug", client_id: "web", active: true },
    ],
  );
  const log = JSON.stringify(server.env.events);
  for (const token of [tokens.access_token, tokens.refresh_token]) {
    assert.ok(!log.includes(token.slice(-20)));
  }
});

/** The parts of a signed answer, its signature checked with the published keys. */
async function signedAnswer(server: TestServer, response: Response, audience: string) {
  assert.deepEqual([response.status, response.headers.get("Content-Type")], [200, JWT]);
  assertNotCached(response.headers);
  const jwt = await response.text();
  const keys = createLocalJWKSet(server.server.keys.jwks);
  const { payload, protectedHeader } = await jwtVerify(jwt, keys, {
    audience,
    issuer: server.issuer,
    typ: "token-introspection+jwt",
    currentDate: new Date(server.env.now() * 1000),
  });
  return { jwt, payload, header: protectedHeader };
}

function askSigned(server: TestServer, identifier: string, secret: string, token: string) {
  const headers = { Authorization: basic(identifier, secret), Accept: JWT };
  return server.fetch(PATH, { method: "POST", body: new URLSearchParams({ token }), headers });
}

Deno.test("RFC 9701 §5: a signed answer names us, who asks, and when, and holds what the plain one says", async () => {
  await using server = await open();
  const scope = "openid offline_access invoices.read";
  const { access_token, refresh_token } = await tokensFor(server, { client_id: "web", scope });
  server.env.advance(5);
  const cases = [
    ["api", API, SECRETS.api, access_token],
    ["api", API, SECRETS.api, refresh_token],
    ["calendar", CALENDAR, SECRETS.calendar, access_token],
    ["web", "web", SECRETS.web, access_token],
    ["web", "web", SECRETS.web, refresh_token],
    ["web", "web", SECRETS.web, "unknown"],
  ] as const;
  for (const [asker, identifier, secret, token] of cases) {
    const response = await askSigned(server, identifier, secret, token);
    const { payload, header } = await signedAnswer(server, response, identifier);
    const plain = (await introspect(server, asker, token)).body;
    assert.deepEqual(payload, {
      iss: server.issuer,
      aud: identifier,
      iat: START + 5,
      token_introspection: plain,
    });
    assert.equal(header.alg, "RS256");
  }
});

Deno.test("RFC 9701 §6: who asks chooses the algorithm; RS256 is the default, and where it is missing the server's own", async () => {
  const introspection_signed_response_alg = "EdDSA";
  await using chosen = await listeningServer({
    config: {
      ...withClient("machine", { introspection_signed_response_alg: "ES256" }),
      ...withResource("api", { introspection_signed_response_alg }),
      tokens: { access_token_signed_response_alg: "ES256" },
    },
  });
  const algorithm = async (server: TestServer, identifier: string, secret: string) => {
    const response = await askSigned(server, identifier, secret, await machineToken(server));
    return (await signedAnswer(server, response, identifier)).header.alg;
  };
  assert.equal(await algorithm(chosen, API, SECRETS.api), "EdDSA");
  assert.equal(await algorithm(chosen, CALENDAR, SECRETS.calendar), "RS256");
  assert.equal(await algorithm(chosen, "machine", SECRETS.machine), "ES256");
  assert.equal(await algorithm(chosen, "web", SECRETS.web), "RS256");

  const clients = (RAW_CONFIG["clients"] as RawConfig[])
    .map((client) => ({ ...client, id_token_signed_response_alg: "ES256" }));
  await using without = await listeningServer({
    config: {
      clients,
      keys: { managed: { algorithms: ["ES256"] } },
      tokens: { access_token_signed_response_alg: "ES256" },
    },
  });
  assert.equal(await algorithm(without, API, SECRETS.api), "ES256");
});

Deno.test("RFC 9701 §4: only whoever asks for a JWT gets one, however strange the wish", async () => {
  await using server = await listeningServer();
  const token = await machineToken(server);
  const type = async (accept: string | undefined) => {
    const headers = new Headers({ Authorization: basic(API, SECRETS.api) });
    if (accept !== undefined) headers.set("Accept", accept);
    const body = new URLSearchParams({ token });
    const response = await server.fetch(PATH, { method: "POST", body, headers });
    await response.body?.cancel();
    assert.equal(response.status, 200, accept);
    return response.headers.get("Content-Type");
  };
  const json = [
    undefined,
    "",
    "*/*",
    "application/*",
    "application/json",
    "text/html",
    `${JWT};q=0`,
    `${JWT};q=0, */*`,
    `${JWT};q=0.5, application/json`,
    "application/jwt",
    `x/y;z="${JWT}"`,
    `"${JWT}"`,
    ",".repeat(5000),
    `"\\`.repeat(2000),
  ];
  for (const accept of json) assert.equal(await type(accept), "application/json", accept);
  const jwt = [JWT, JWT.toUpperCase(), `${JWT}, */*;q=0.8`, `application/json;q=0.9, ${JWT}`];
  for (const accept of jwt) assert.equal(await type(accept), JWT, accept);
});

Deno.test("RFC 9701 §5: whoever asks for a JWT without authenticating gets 400, and no error is signed", async () => {
  await using server = await listeningServer();
  const token = await machineToken(server);
  const signed = (form: Fields, authorization?: string) =>
    post(server, PATH, form, {
      Accept: JWT,
      ...authorization === undefined ? {} : { Authorization: authorization },
    });
  assertRefused(await signed({ token }), "invalid_request");
  assertRefused(await signed({ token, client_id: "spa" }), "invalid_request");
  assertRefused(await signed({ token, client_id: API }), "invalid_request");
  assertRefused(await signed({ token }, basic(API, "wrong")), "invalid_client", 401);
  assertRefused(await signed({}, basic(API, SECRETS.api)), "invalid_request");
});

Deno.test("RFC 9701 §8.1: a signed answer passes for no token, here or there", async () => {
  await using server = await open();
  const { access_token } = await tokensFor(server, {
    client_id: "web",
    scope: "openid invoices.read",
  });
  const response = await askSigned(server, API, SECRETS.api, access_token);
  const { jwt } = await signedAnswer(server, response, API);
  assert.equal(decodeProtectedHeader(jwt).typ, "token-introspection+jwt");
  assertInactive(await introspect(server, "api", jwt));
  assertInactive(await introspect(server, "web", jwt));
  assert.equal((await userinfo(server, jwt)).status, 401);
});

const insecure = { [oauth.allowInsecureRequests]: true, [oauth.customFetch]: fetchWhole };

Deno.test("oauth4webapi: introspection by clients and APIs, plain and signed, until revocation", async () => {
  const robot = (await withRobot())["clients"] as RawConfig[];
  const web = withClient("web", { scope: EVERYTHING, require_consent: false });
  const clients = [...web["clients"] as RawConfig[], robot.at(-1)];
  // its clock is right, for the library looks at its own
  const env = testEnv(Math.floor(Date.now() / 1000));
  await using server = await listeningServer({ env, config: { clients } });
  const issuer = new URL(server.issuer);
  const found = await oauth.discoveryRequest(issuer, insecure);
  const as = await oauth.processDiscoveryResponse(issuer, found);
  const scope = "openid offline_access invoices.read calendar.read";
  const tokens = await tokensFor(server, { client_id: "web", scope });
  const machine = await machineToken(server);
  const posted = (await tokensFor(server, { client_id: "post" })).access_token;
  const own = tokensOf(await post(server, "/connect/token", await robotForm(server, "1")));
  const key = await crypto.subtle.importKey(
    "jwk",
    await privateJwk("ES256") as JsonWebKey,
    { name: "ECDSA", namedCurve: "P-256" },
    false,
    ["sign"],
  );
  const askers: readonly (readonly [string, oauth.ClientAuth, string])[] = [
    [API, oauth.ClientSecretBasic(SECRETS.api), tokens.access_token],
    [API, oauth.ClientSecretPost(SECRETS.api), machine],
    [CALENDAR, oauth.ClientSecretBasic(SECRETS.calendar), machine],
    ["web", oauth.ClientSecretBasic(SECRETS.web), tokens.access_token],
    ["web", oauth.ClientSecretBasic(SECRETS.web), tokens.refresh_token],
    ["post", oauth.ClientSecretPost(SECRETS.post), posted],
    ["robot", oauth.PrivateKeyJwt(key), own.access_token],
  ];
  for (const [client_id, proof, token] of askers) {
    for (const requestJwtResponse of [false, true]) {
      const client = { client_id };
      const options = { ...insecure, requestJwtResponse };
      const response = await oauth.introspectionRequest(as, client, proof, token, options);
      const answer = await oauth.processIntrospectionResponse(as, client, response);
      if (requestJwtResponse) await oauth.validateApplicationLevelSignature(as, response, insecure);
      assert.equal(answer.active, true, client_id);
      assert.equal(answer.iss, server.issuer);
    }
  }
  const client = { client_id: "web" };
  const proof = oauth.ClientSecretBasic(SECRETS.web);
  await oauth.processRevocationResponse(
    await oauth.revocationRequest(as, client, proof, tokens.refresh_token, insecure),
  );
  for (const token of [tokens.access_token, tokens.refresh_token]) {
    for (const requestJwtResponse of [false, true]) {
      const options = { ...insecure, requestJwtResponse };
      const response = await oauth.introspectionRequest(as, client, proof, token, options);
      const answer = await oauth.processIntrospectionResponse(as, client, response);
      assert.deepEqual(answer, { active: false });
    }
  }
  const refused = await oauth.introspectionRequest(
    as,
    { client_id: API },
    oauth.ClientSecretBasic("wrong"),
    machine,
    insecure,
  );
  await assert.rejects(
    oauth.processIntrospectionResponse(as, { client_id: API }, refused),
    (error: oauth.WWWAuthenticateChallengeError) => error.status === 401,
  );
});
