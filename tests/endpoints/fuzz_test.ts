/** Whether any mixture of right and wrong parameters and headers can make the server fail or lead somebody astray. */

import assert from "node:assert/strict";
import fc from "fast-check";
import { agent, logIn } from "../support/agent.ts";
import { anyText } from "../support/any_text.ts";
import { CALLBACK, SCOPE, SECRETS } from "../support/config.ts";
import { assertNothingReflected, basic, encode, post } from "../support/hostile.ts";
import { GOODBYE, idTokenFor, isLoggedIn, logoutConfig } from "../support/logout.ts";
import { memoryStore } from "../support/memory_store.ts";
import { type TestServer, testServer } from "../support/server.ts";

const RUNS = { numRuns: 1000 };
const CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/** Right values, and what is near them. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  client_id: ["web", "web", "web", "spa", "post", "machine", "nobody", "__proto__"],
  redirect_uri: [
    CALLBACK,
    CALLBACK,
    "http://127.0.0.1/callback",
    "http://127.0.0.1:65535/callback",
    "http://127.0.0.1:65536/callback",
    "http://127.0.0.1:80@evil.example/callback",
    "https://rp.example.com/callback/..",
    "https://evil.example/callback",
    "javascript:alert(1)",
  ],
  response_type: ["code", "code", "token", "code id_token"],
  response_mode: ["query", "fragment", "form_post", "jwt"],
  scope: ["openid", SCOPE, "calendar.read", "offline_access", "  ", "openid openid"],
  state: ["s", "a b", "<script>alert(1)</script>", "%0d%0a", "#?&="],
  nonce: ["n"],
  code_challenge: [CHALLENGE],
  code_challenge_method: ["S256", "S256", "plain"],
  prompt: ["none", "login", "consent", "select_account", "login consent", "none login", "create"],
  max_age: ["0", "1", "999999999", "-1", "1.5", "0x1"],
  login_hint: ["alice", "<script>alert(1)</script>"],
  acr_values: ["gold", "gold silver", "\u0000", "x".repeat(1100)],
  claims: [
    `{"id_token":{"acr":{"essential":true,"value":"gold"},"name#de":null}}`,
    `{"userinfo":{"email":{"values":["<script>"]},"__proto__":null},"id_token":{"sub":{"value":1}}}`,
    `{"userinfo":{"name":{"value":${"[".repeat(1900)}${"]".repeat(1900)}}}}`,
    `{"userinfo":[]}`,
    "{",
  ],
  claims_locales: ["de-CH en", "x".repeat(600), "*"],
  display: ["popup", "hologram"],
  ui_locales: ["de", "en de", "x".repeat(600), "de-\u0000"],
  resource: ["https://api.example.com", "https://evil.example"],
  request: ["e30.e30."],
  request_uri: ["https://evil.example/request"],
  grant_type: ["authorization_code", "refresh_token", "client_credentials", "password"],
  code: ["ac_" + "A".repeat(43)],
  refresh_token: ["rt_" + "A".repeat(43)],
  code_verifier: ["dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"],
  client_secret: Object.values(SECRETS),
  client_assertion_type: ["urn:ietf:params:oauth:client-assertion-type:jwt-bearer"],
  client_assertion: ["e30.eyJzdWIiOiJ3ZWIifQ.AA"],
  token: ["rt_x", "e30.e30.e30"],
  token_type_hint: ["access_token"],
  access_token: ["e30.e30.e30"],
  user_code: ["WDJB-MJHT", "wdjb mjht", "<script>alert(1)</script>", "x".repeat(600)],
  interaction: ["ia_" + "A".repeat(43)],
  csrf_token: ["A".repeat(43)],
  username: ["alice", "nobody"],
  password: ["alice"],
  action: ["login", "cancel", "continue", "allow", "deny", "logout"],
  id_token_hint: ["e30.e30.e30", "x"],
  logout_hint: ["alice", "x".repeat(600)],
  post_logout_redirect_uri: [
    GOODBYE,
    GOODBYE,
    `${GOODBYE}?x`,
    CALLBACK,
    "https://evil.example/",
    "javascript:alert(1)",
    "//evil.example/",
  ],
  remember: ["true"],
};

/** Names and values of a form or query, most of them right and once; encoded, or now and then not. */
function parameters(always: readonly string[]): fc.Arbitrary<string> {
  const junk = fc.oneof(
    anyText(),
    fc.constantFrom("", "\0", "\r\nSet-Cookie: stolen=1", "\ud800", "💩", "a".repeat(5000)),
  );
  const valueOf = (name: string) =>
    fc.oneof(
      { weight: 12, arbitrary: fc.constant(VALUES[name]?.[0] ?? "") },
      { weight: 6, arbitrary: fc.constantFrom(...VALUES[name] ?? [""]) },
      { weight: 1, arbitrary: junk },
    ).map((value) => `${name}=${encodeURIComponent(value.toWellFormed())}`);
  const others = fc.subarray(Object.keys(VALUES).filter((name) => !always.includes(name)), {
    maxLength: 5,
  });
  const again = fc.constantFrom(...Object.keys(VALUES)).chain(valueOf);
  const rubbish = fc.oneof(again, junk.map((text) => encodeURI(text.toWellFormed())), fc.string());
  return fc.tuple(
    fc.tuple(...always.map(valueOf)),
    others.chain((names) => fc.tuple(...names.map(valueOf))),
    fc.oneof({ weight: 4, arbitrary: fc.constant([]) }, fc.array(rubbish, { maxLength: 2 })),
  ).map((parts) => parts.flat().join("&").replaceAll("#", "%23"));
}

/** Whether a `Location` leads to us or to a registered redirect URI of the tests' clients. */
function isOurs(location: string, issuer: string): boolean {
  return location.startsWith(`${issuer}/`) ||
    /^(https:\/\/rp\.example\.com|http:\/\/127\.0\.0\.1(:\d{1,5})?)\/callback[?#]/.test(location) ||
    /^https:\/\/rp\.example\.com\/goodbye(\?state=[^&]*)?$/.test(location);
}

async function assertSane(server: TestServer, response: Response): Promise<void> {
  const body = await response.text();
  assert.ok(response.status < 500, `${response.status} ${body.slice(0, 300)}`);
  const location = response.headers.get("Location");
  assert.ok(location === null || isOurs(location, server.issuer), String(location));
  const action = /<form method="post" action="([^"]*)"/.exec(body)?.[1];
  assert.ok(action === undefined || isOurs(`${action}?`, server.issuer), action);
  assertNothingReflected(response.headers, body);
}

async function fuzzServer(): Promise<TestServer> {
  const login = { tries_per_account: 1_000_000, tries_per_address: 1_000_000 };
  const limits = { pushed_requests: 1_000_000 };
  const config = { ...logoutConfig(), security: { login, limits } };
  return await testServer({ store: memoryStore(), config });
}

const REQUEST = [
  "client_id",
  "redirect_uri",
  "response_type",
  "scope",
  "code_challenge",
  "code_challenge_method",
];

Deno.test("fuzz: /connect/authorize never fails, and never leads anywhere but to us or a registered redirect URI", async () => {
  await using server = await fuzzServer();
  const browser = agent(server);
  const good = {
    client_id: "spa",
    redirect_uri: CALLBACK,
    response_type: "code",
    scope: "openid",
    code_challenge: CHALLENGE,
    code_challenge_method: "S256",
  };
  await logIn(browser, await browser.open(`/connect/authorize?${encode(good)}`), "alice");
  const cookies = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  const property = fc.asyncProperty(
    parameters(REQUEST),
    fc.boolean(),
    fc.boolean(),
    async (sent, posted, known) => {
      const headers: Record<string, string> = known ? { Cookie: cookies } : {};
      const response = posted
        ? await server.fetch("/connect/authorize", post(sent, headers))
        : await server.fetch(`/connect/authorize?${sent}`, { headers });
      await assertSane(server, response);
    },
  );
  await fc.assert(property, RUNS);
});

/** The error that a browser brings back from an authorization request, or that its person is shown; `undefined`: none. */
function errorOf(location: string | null, html: string): string | undefined {
  if (location !== null) {
    const { searchParams, hash } = new URL(location);
    return searchParams.get("error") ?? new URLSearchParams(hash.slice(1)).get("error") ??
      undefined;
  }
  return /name="error" value="(\w+)"|<code>(\w+)<\/code>/.exec(html)?.slice(1).find(Boolean);
}

/** What only turns out when somebody is there, or nobody. */
const AT_LOGIN: ReadonlySet<string | undefined> = new Set([
  "login_required",
  "unmet_authentication_requirements",
]);

Deno.test("RFC 9126 §2.1, fuzz: /connect/par takes exactly what /connect/authorize would, and refuses the rest for the same reason", async () => {
  await using server = await fuzzServer();
  const proof = basic("web", SECRETS.web);
  const taken = { yes: 0, no: 0 };
  const property = fc.asyncProperty(parameters(REQUEST), async (sent) => {
    const given = new URLSearchParams(sent);
    fc.pre(given.getAll("client_id").join() === "web");
    // What counts at one of them alone.
    for (const name of ["client_secret", "client_assertion", "client_assertion_type"]) {
      fc.pre(!given.has(name));
    }
    fc.pre(!given.has("request_uri"));
    const pushed = await server.fetch("/connect/par", post(sent, proof));
    const { error } = await pushed.json();
    const brought = await server.fetch(`/connect/authorize?${sent}`);
    const html = await brought.text();
    const told = errorOf(brought.headers.get("Location"), html);
    // Nothing is wrong with the request where a person, or none that there is, would have to log in.
    const expected = AT_LOGIN.has(told) ? undefined : told;
    // What is given twice may be found later than another mistake, where the redirect URI has to be found first.
    const names = [...given].filter(([name, value]) => value !== "" && name !== "resource")
      .map(([name]) => name);
    const twice = new Set(names).size < names.length && expected !== undefined;
    assert.equal(error, twice ? "invalid_request" : expected, sent.slice(0, 600));
    assert.equal(pushed.status, error === undefined ? 201 : 400);
    taken[error === undefined ? "yes" : "no"]++;
  });
  await fc.assert(property, RUNS);
  assert.ok(taken.yes > 50 && taken.no > 50, JSON.stringify(taken));
});

Deno.test("fuzz: /connect/endsession never fails, logs nobody out unasked, and never leads anywhere but to us or a registered place", async () => {
  await using server = await fuzzServer();
  const browser = agent(server);
  const [{ id_token }, other] = [
    await idTokenFor(server, browser),
    await idTokenFor(server, agent(server), "post"),
  ];
  const cookies = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  // Its last letter is another: the signature is none.
  const forged = id_token.slice(0, -2) + (id_token.at(-2) === "A" ? "B" : "A") + id_token.at(-1);
  const hints = fc.constantFrom(undefined, undefined, other.id_token, forged);
  const property = fc.asyncProperty(
    parameters(["post_logout_redirect_uri", "client_id"]),
    hints,
    fc.boolean(),
    fc.boolean(),
    async (some, hint, posted, known) => {
      const sent = hint === undefined ? some : `${some}&id_token_hint=${hint}`;
      const headers: Record<string, string> = known ? { Cookie: cookies } : {};
      const response = posted
        ? await server.fetch("/connect/endsession", post(sent, headers))
        : await server.fetch(`/connect/endsession?${sent}`, { headers });
      const away = response.headers.get("Location")?.startsWith("https://rp.example.com/");
      assert.ok(!away || hint === other.id_token, `${sent} leads away`);
      await assertSane(server, response);
    },
  );
  await fc.assert(property, RUNS);
  assert.ok(await isLoggedIn(server, browser));
});

Deno.test("fuzz: no form makes an endpoint fail, and none without a right secret is a success", async () => {
  await using server = await fuzzServer();
  const always: Readonly<Record<string, readonly string[]>> = {
    "/connect/token": ["grant_type", "client_id"],
    "/connect/par": REQUEST,
    "/connect/deviceauthorization": ["client_id", "scope", "resource"],
    "/connect/revocation": ["token", "client_id"],
    "/connect/userinfo": ["access_token"],
    "/account/login": ["interaction", "username", "password"],
    "/account/consent": ["interaction", "action"],
    "/account/logout": ["interaction", "action"],
    "/device": ["user_code", "csrf_token"],
    "/device/confirm": ["interaction", "action"],
    "/connect/endsession": ["post_logout_redirect_uri", "client_id"],
  };
  const property = fc.asyncProperty(
    fc.constantFrom(...Object.keys(always)).chain((path) =>
      fc.tuple(fc.constant(path), parameters(always[path] ?? []))
    ),
    fc.boolean(),
    async ([path, sent], authenticated) => {
      const headers = authenticated ? basic("machine", SECRETS.machine) : {};
      const response = await server.fetch(path, post(sent, headers));
      const proven = authenticated || /client_secret=[^&]/.test(sent) ||
        (path.endsWith("revocation") && sent.includes("client_id=spa"));
      assert.ok(response.status !== 200 || proven, `${path} ${sent}`);
      await assertSane(server, response);
    },
  );
  await fc.assert(property, RUNS);
});

Deno.test("fuzz: no header makes an endpoint fail", async () => {
  await using server = await fuzzServer();
  const byte = fc.integer({ min: 0x20, max: 0xff }).filter((code) => code !== 0x7f);
  const text = fc.array(byte, { maxLength: 200 }).map((codes) => String.fromCharCode(...codes));
  const scheme = fc.constantFrom("", "Basic ", "Bearer ", "DPoP ", "latchkey-session=", "de;q=");
  const value = fc.tuple(scheme, fc.oneof(text, text.map(btoa))).map(([a, b]) => (a + b).trim());
  const name = fc.constantFrom(
    "Authorization",
    "Cookie",
    "Accept",
    "Accept-Language",
    "Content-Type",
    "Content-Length",
    "If-None-Match",
    "Origin",
    "Sec-Fetch-Site",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "Forwarded",
    "Access-Control-Request-Method",
    "Access-Control-Request-Headers",
  );
  const path = fc.constantFrom(
    "/.well-known/openid-configuration",
    "/connect/authorize?client_id=web",
    "/connect/token",
    "/connect/par",
    "/connect/userinfo",
    "/connect/revocation",
    "/account/login?interaction=x",
    "/account/consent",
    "/account/logout",
    "/device?user_code=WDJB-MJHT",
    "/device/confirm",
    "/device/qr?user_code=WDJB-MJHT",
    "/connect/endsession?client_id=web",
    "/connect/checksession",
    "/readyz",
    "/nothing",
  );
  const method = fc.constantFrom("GET", "POST", "OPTIONS", "HEAD", "PUT");
  const property = fc.asyncProperty(
    path,
    method,
    fc.array(fc.tuple(name, value), { maxLength: 6 }),
    async (path, method, headers) => {
      const response = await server.fetch(path, {
        method,
        headers,
        ...method === "POST" ? { body: "grant_type=client_credentials" } : {},
      });
      assert.equal(response.headers.get("Access-Control-Allow-Credentials"), null);
      await assertSane(server, response);
    },
  );
  await fc.assert(property, RUNS);
});
