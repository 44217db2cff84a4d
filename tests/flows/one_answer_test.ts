/** Whether a request has one answer, whatever its person does in several tabs at the same moment (RFC 6749 §4.1.2). */

import assert from "node:assert/strict";
import { type Agent, agent, logIn, type Visit } from "../support/agent.ts";
import { answerOf, authorizeUrl, passThrough } from "../support/flow.ts";
import { interruptedStore } from "../support/interrupted_store.ts";
import { memoryStore } from "../support/memory_store.ts";
import { type TestServer, testServer } from "../support/server.ts";

/** The one answer that reached the client; every other tab shows that the request was answered. */
function onlyAnswer(visits: readonly Visit[]): Record<string, string> {
  const answered = visits.filter(({ status }) => status === 0);
  assert.equal(answered.length, 1, visits.map(({ status, url }) => `${status} ${url}`).join("\n"));
  for (const { status, html } of visits) {
    if (status !== 0) assert.match(html, /This sign-in is finished/);
  }
  return answerOf(answered[0]!);
}

/** Asked for consent, in a session that the client is part of already. */
async function asked(server: TestServer): Promise<{ browser: Agent; login: Visit; page: Visit }> {
  const browser = agent(server);
  await passThrough(browser, authorizeUrl(server, { client_id: "web" }));
  const url = authorizeUrl(server, { client_id: "web", prompt: "login consent" });
  const login = await browser.open(url);
  return { browser, login, page: await logIn(browser, login, "alice") };
}

/** The same browser, whose next request goes to another instance. */
function at(server: TestServer, { cookies }: Agent): Agent {
  const there = agent(server);
  for (const [name, value] of cookies) there.cookies.set(name, value);
  return there;
}

Deno.test("RFC 6749 §4.1.2: of a yes, a no and a change of mind at the same moment one is heard", async () => {
  await using server = await testServer({ late: true });
  const heard = new Set<string>();
  for (let round = 0; round < 8; round++) {
    const { browser, login, page } = await asked(server);
    const { code, error } = onlyAnswer(
      await Promise.all([
        browser.submit(page, { action: "allow" }),
        browser.submit(page, { action: "deny" }),
        browser.submit(login, { action: "cancel" }),
      ]),
    );
    assert.ok((code === undefined) !== (error === undefined));
    heard.add(error ?? "code");
  }
  assert.ok(heard.has("access_denied"));
});

Deno.test("RFC 6749 §4.1.2: a no that comes at the moment of a yes at another instance is none, and the other way round", async () => {
  for (const [first, second] of [["allow", "deny"], ["deny", "allow"]] as const) {
    const kv = memoryStore();
    const store = interruptedStore(kv);
    await using one = await testServer({ store });
    await using two = await testServer({ store: kv, env: one.env });
    const { browser, page } = await asked(one);
    const there = at(two, browser);
    const visits: Visit[] = [];
    store.interrupt(async () => {
      visits.push(await there.submit(page, { action: first }));
    });
    visits.push(await browser.submit(page, { action: second }));
    assert.equal(visits.length, 2);
    const { code } = onlyAnswer(visits);
    assert.equal(code === undefined, first === "deny");
  }
});

Deno.test("RFC 6749 §4.1.2: of tabs that go on at the same moment with what was allowed one brings a code", async () => {
  await using server = await testServer({ late: true });
  const { browser, page } = await asked(server);
  const { server: { records } } = server;
  // Allowed, but the browser has not followed yet.
  const form = await browser.send("/account/consent", {
    method: "POST",
    body: new URLSearchParams([
      ...[...page.html.matchAll(/<input[^>]*type="hidden"[^>]*name="(\w+)"[^>]*value="([^"]*)"/g)]
        .map(([, name = "", value = ""]): [string, string] => [name, value]),
      ["action", "allow"],
    ]),
  });
  const next = form.headers.get("Location") ?? "";
  await form.body?.cancel();
  const before = (await records.authorization.list()).found.length;
  assert.ok(
    onlyAnswer(await Promise.all(Array.from({ length: 8 }, () => browser.open(next))))["code"],
  );
  assert.equal((await records.authorization.list()).found.length, before + 1);
});
