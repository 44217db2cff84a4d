/** Whether a login outlives the process that it began in, and leaves no secret in its log. */

import assert from "node:assert/strict";
import { type Agent, agent, formOf, logIn, type Visit } from "../support/agent.ts";
import { CALLBACK, SCOPE, SECRETS } from "../support/config.ts";
import { answerDevice, askForCodes, pollOnce, toQuestion, withDevice } from "../support/device.ts";
import { basic, encode, post } from "../support/hostile.ts";
import {
  configure,
  freePort,
  type ServerProcess,
  startServer,
  temporaryFolder,
} from "../support/process.ts";
import { pushedFor } from "../support/pushed.ts";

const VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

const AUTHORIZE = `/connect/authorize?${
  encode({
    client_id: "web",
    redirect_uri: CALLBACK,
    response_type: "code",
    scope: SCOPE,
    state: "state-value-0123456789",
    nonce: "nonce-value-0123456789",
    code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    code_challenge_method: "S256",
  })
}`;

interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly id_token: string;
}

/** Calls an endpoint as client `web`. */
async function call(issuer: string, path: string, form: Record<string, string>, secret?: string) {
  const headers = basic("web", secret ?? SECRETS.web);
  const response = await fetch(issuer + path, post(encode(form), headers));
  const text = await response.text();
  return { status: response.status, body: text === "" ? undefined : JSON.parse(text) };
}

function redemption(code: string): Record<string, string> {
  const redirect_uri = CALLBACK;
  return { grant_type: "authorization_code", code, redirect_uri, code_verifier: VERIFIER };
}

function codeOf({ url }: Visit): string {
  return url.searchParams.get("code") ?? assert.fail(url.href);
}

/** A server that is killed now and then; another process goes on with its store. */
async function mortalServer(folder: string, config: string) {
  const start = () => startServer(folder, { args: ["--config", config] });
  let server: ServerProcess = start();
  await server.ready;
  return {
    async kill() {
      server.signal("SIGKILL");
      await server.ended;
      server = start();
      await server.ready;
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

Deno.test("serve: killed between any two steps of a login, it goes on where the person was", async () => {
  await using folder = await temporaryFolder();
  const { config, issuer } = await configure(folder.path, freePort());
  await using server = await mortalServer(folder.path, config);
  const browser = agent({ fetch, issuer });
  const login = await browser.open(AUTHORIZE);
  await server.kill();
  // The login is written down; the page that follows it is another process's.
  const { action, fields } = formOf(login);
  const body = new URLSearchParams([
    ...fields,
    ["action", "login"],
    ["username", "alice"],
    ["password", "alice"],
  ]);
  const loggedIn = await browser.send(action, { method: "POST", body });
  assert.equal(loggedIn.status, 303);
  await loggedIn.body?.cancel();
  await server.kill();
  const consent = await browser.open(loggedIn.headers.get("Location") ?? "");
  assert.equal(consent.url.pathname, "/account/consent");
  await server.kill();
  const code = codeOf(await browser.submit(consent, { action: "allow", remember: "true" }));
  await server.kill();
  const redeemed = await call(issuer, "/connect/token", redemption(code));
  assert.equal(redeemed.status, 200);
  const { access_token, refresh_token }: Tokens = redeemed.body;
  await server.kill();
  const headers = { Authorization: `Bearer ${access_token}` };
  const userinfo = await fetch(`${issuer}/connect/userinfo`, { headers });
  assert.equal((await userinfo.json()).sub, "sub-alice");
  const form = { grant_type: "refresh_token", refresh_token };
  assert.equal((await call(issuer, "/connect/token", form)).status, 200);
  // neither the session nor the consent is forgotten
  codeOf(await browser.open(AUTHORIZE));
  // nor is what was spent
  assert.equal((await call(issuer, "/connect/token", redemption(code))).status, 400);
  const back = await browser.open(consent.url);
  assert.match(back.html, /This sign-in is finished/);
});

Deno.test("serve: killed between any two steps, a pushed request and a device go on where they were", async () => {
  await using folder = await temporaryFolder();
  const { config, issuer } = await configure(folder.path, freePort(), withDevice());
  await using server = await mortalServer(folder.path, config);
  const http = { fetch, issuer };
  const browser = agent(http);
  const url = await pushedFor(http);
  const codes = await askForCodes(http);
  await server.kill();
  const login = await browser.open(url);
  const device = await toQuestion(agent(http), codes);
  await server.kill();
  assert.ok(codeOf(await logIn(browser, login, "alice")));
  // The browser of the question is another one, so the person types the code in anew.
  await answerDevice(http, codes);
  assert.ok(device.html.includes("Living Room TV"));
  await server.kill();
  assert.equal((await pollOnce(http, codes)).status, 200);
  assert.equal((await pollOnce(http, codes)).body["error"], "invalid_grant");
  assert.match((await browser.open(url)).html, /id="error"/);
});

/** Everything that a client and a person do, right and wrong; answers all that must stay secret. */
async function wholeFlow(issuer: string): Promise<Set<string>> {
  const secrets = new Set([SECRETS.web, SECRETS.machine, SECRETS.post, VERIFIER]);
  const browser = agent({ fetch, issuer });
  const noteCookies = (browser: Agent) => {
    for (const value of browser.cookies.values()) secrets.add(value);
  };
  const note = (...values: string[]) => {
    for (const value of values) secrets.add(value);
  };
  const login = await browser.open(AUTHORIZE);
  noteCookies(browser);
  note(login.url.searchParams.get("interaction") ?? assert.fail());
  const csrf = /name="csrf_token" value="([^"]+)"/;
  note(csrf.exec(login.html)?.[1] ?? assert.fail());
  note("wrong-password-0123456789", "alice-typed-her-password-here");
  await logIn(browser, login, "alice", "wrong-password-0123456789");
  await logIn(browser, login, "alice-typed-her-password-here", "x");
  await browser.submit(
    { ...login, html: login.html.replace(csrf, 'name="csrf_token" value="no"') },
    {
      username: "alice",
      password: "wrong-password-0123456789",
      action: "login",
    },
  );
  const consent = await logIn(browser, login, "alice");
  noteCookies(browser);
  note(csrf.exec(consent.html)?.[1] ?? assert.fail());
  const code = codeOf(await browser.submit(consent, { action: "allow", remember: "true" }));
  note(code);
  const wrongSecret = "wrong-secret-0123456789";
  note(wrongSecret);
  await call(issuer, "/connect/token", redemption(code), wrongSecret);
  await call(issuer, "/connect/token", { ...redemption(code), client_secret: wrongSecret });
  const redeemed = await call(issuer, "/connect/token", redemption(code));
  const tokens: Tokens = redeemed.body;
  note(tokens.access_token, tokens.refresh_token, tokens.id_token);
  const headers = { Authorization: `Bearer ${tokens.access_token}` };
  const userinfo = `${issuer}/connect/userinfo`;
  await (await fetch(userinfo, { headers })).body?.cancel();
  await (await fetch(`${userinfo}?access_token=${tokens.access_token}`)).body?.cancel();
  await (await fetch(userinfo, { headers: { Authorization: `${headers.Authorization}x` } })).body
    ?.cancel();
  const refreshed = await call(issuer, "/connect/token", {
    grant_type: "refresh_token",
    refresh_token: tokens.refresh_token,
  });
  note(refreshed.body.access_token, refreshed.body.refresh_token);
  const token = refreshed.body.access_token;
  await call(issuer, "/connect/revocation", { token });
  for (const replayed of [redemption(code), { ...redemption(code), code_verifier: wrongSecret }]) {
    assert.equal((await call(issuer, "/connect/token", replayed)).status, 400);
  }
  await call(issuer, "/connect/token", {
    grant_type: "refresh_token",
    refresh_token: tokens.refresh_token,
  });
  const second = codeOf(await browser.open(AUTHORIZE));
  note(second);
  await call(issuer, "/connect/token", { ...redemption(second), code_verifier: "wrong-verifier" });
  await call(issuer, "/connect/token", { grant_type: token, scope: token, resource: token });
  await (await fetch(`${issuer}/connect/token?code=${code}`)).body?.cancel();
  await browser.open(`${AUTHORIZE}&max_age=0&login_hint=hint-0123456789`);
  note("hint-0123456789", "state-value-0123456789", "nonce-value-0123456789");
  return secrets;
}

for (const format of ["json", "text"] as const) {
  Deno.test(`serve: no password, code, token, secret or cookie of a whole flow stands in the ${format} log`, async () => {
    await using folder = await temporaryFolder();
    const { config, issuer } = await configure(folder.path, freePort());
    const args = ["--config", config, "--log-format", format];
    await using server = startServer(folder.path, { args });
    await server.ready;
    const secrets = await wholeFlow(issuer);
    server.signal("SIGTERM");
    assert.equal((await server.ended).code, 0);
    const log = server.stderr().join("\n");
    for (const secret of secrets) {
      // a part of it would be too much, too
      const start = secret.slice(0, 24);
      assert.ok(!log.includes(start), log.split("\n").find((line) => line.includes(start)));
      assert.ok(!server.stdout().includes(start));
    }
    for (
      const event of [
        "login.failed",
        "login.succeeded",
        "consent.granted",
        "authorization.granted",
        "token.issued",
        "token.revoked",
        "grant.revoked",
        "client.authentication.failed",
        "request.refused",
        "server.stopped",
      ]
    ) assert.ok(log.includes(event), `${event} is not in the log`);
    if (format === "json") {
      for (const line of server.stderr()) {
        const { time, level, message } = JSON.parse(line);
        assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
        assert.ok(["debug", "info", "warn", "error"].includes(level), line);
        assert.ok(typeof message === "string" && message !== "", line);
        assert.notEqual(level, "error", line);
      }
    } else {assert.ok(
        server.stderr().every((line) => /^\d\d:\d\d:\d\d (info|warn) \S/.test(line)),
        log,
      );}
  });
}
