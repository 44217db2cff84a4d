/** Whether many polls, answers and servers at the same moment come to one outcome, and lose nothing of it (RFC 8628 §3.5). */

import assert from "node:assert/strict";
import { agent } from "../support/agent.ts";
import {
  allowedCodes,
  answerDevice,
  askForCodes,
  type DeviceCodes,
  pollOnce,
  toQuestion,
  withDevice,
} from "../support/device.ts";
import { type Answer, refresh, tokensOf, userinfo } from "../support/flow.ts";
import { memoryStore } from "../support/memory_store.ts";
import { type TestServer, testServer, type TestServerOptions } from "../support/server.ts";
import { type TwoServers, twoServers } from "../support/two_servers.ts";

const POLLS = 50;
const OFFLINE = { scope: "openid offline_access" };

function lateServer(options: TestServerOptions = {}): Promise<TestServer> {
  return testServer({ config: withDevice(), late: true, ...options });
}

function pair(late = false): Promise<TwoServers> {
  return twoServers({ config: withDevice(), late });
}

/** How often each answer was heard: an error code, or "tokens". */
function tally(answers: readonly Answer[]): Readonly<Record<string, number>> {
  const heard = answers.map(({ body }) => String(body["error"] ?? "tokens"));
  const groups = [...Map.groupBy(heard, (one) => one)];
  return Object.fromEntries(groups.map(([name, all]) => [name, all.length]));
}

/** Polls at once, at the servers by turns. */
function pollAtOnce(servers: readonly TestServer[], codes: DeviceCodes, polls = POLLS) {
  return Promise.all(
    Array.from({ length: polls }, (_, n) => pollOnce(servers[n % servers.length]!, codes)),
  );
}

/** One of the polls has won; its tokens are good, and stay so however often the code is used again. */
async function assertOneWinner(server: TestServer, codes: DeviceCodes, answers: readonly Answer[]) {
  assert.deepEqual(tally(answers), { tokens: 1, invalid_grant: answers.length - 1 });
  const winner = tokensOf(answers.find(({ status }) => status === 200)!);
  assert.deepEqual(tally([await pollOnce(server, codes)]), { invalid_grant: 1 });
  assert.equal((await userinfo(server, winner.access_token)).status, 200);
  const next = tokensOf(await refresh(server, winner.refresh_token, {}, "tv"));
  assert.equal((await userinfo(server, next.access_token)).status, 200);
}

Deno.test("RFC 8628 §3.5: of 50 polls at once after the yes one gets tokens, and they stay good", async () => {
  for (let n = 0; n < 3; n++) {
    await using server = await lateServer();
    const codes = await allowedCodes(server, OFFLINE);
    await assertOneWinner(server, codes, await pollAtOnce([server], codes));
  }
});

for (const late of [false, true]) {
  const how = late ? "that are far from their store" : "on one file";
  Deno.test(`RFC 8628 §3.5: of 50 polls at once at two servers ${how} one gets tokens`, async () => {
    for (let n = 0; n < 3; n++) {
      await using servers = await pair(late);
      const { one, two } = servers;
      const codes = await allowedCodes(one, OFFLINE);
      await assertOneWinner(two, codes, await pollAtOnce([one, two], codes));
    }
  });
}

Deno.test("RFC 8628 §3: a device asks at one server, its person answers at the other, and it polls at both", async () => {
  await using servers = await pair();
  const { one, two } = servers;
  const codes = await askForCodes(one, OFFLINE);
  assert.deepEqual(tally([await pollOnce(two, codes)]), { authorization_pending: 1 });
  one.env.advance(3);
  assert.deepEqual(tally([await pollOnce(one, codes)]), { slow_down: 1 });
  one.env.advance(8);
  assert.deepEqual(tally([await pollOnce(two, codes)]), { slow_down: 1 });
  one.env.advance(15);
  assert.deepEqual(tally([await pollOnce(one, codes)]), { authorization_pending: 1 });
  await answerDevice(two, codes);
  const tokens = tokensOf(await pollOnce(one, codes));
  assert.equal((await userinfo(two, tokens.access_token)).status, 200);
  assert.deepEqual(tally([await pollOnce(two, codes)]), { invalid_grant: 1 });
});

Deno.test("RFC 8628 §3.5: a no at one server is heard at the other, by every poll", async () => {
  await using servers = await pair();
  const { one, two } = servers;
  const codes = await askForCodes(one);
  await answerDevice(two, codes, { action: "deny" });
  const answers = await pollAtOnce([one, two], codes, 10);
  assert.deepEqual(tally(answers), { access_denied: 10 });
});

Deno.test("RFC 8628 §3.5: of polls at once one waits as told, each of the others adds 5 seconds, at two servers too", async () => {
  await using servers = await pair(true);
  const { one, two } = servers;
  const codes = await askForCodes(one);
  const polls = 12;
  const answers = await pollAtOnce([one, two], codes, polls);
  assert.deepEqual(tally(answers), { authorization_pending: 1, slow_down: polls - 1 });
  const { found: [device] } = await one.server.records.device_authorization.list();
  assert.equal(device?.record.interval, 5 + 5 * (polls - 1));
  one.env.advance(5 + 5 * (polls - 1));
  assert.deepEqual(tally([await pollOnce(two, codes)]), { authorization_pending: 1 });
});

Deno.test("RFC 8628 §3.5: what was slowed down stays so when the server starts anew", async () => {
  const store = memoryStore();
  await using before = await testServer({ store, config: withDevice() });
  const codes = await askForCodes(before);
  await pollOnce(before, codes);
  assert.deepEqual(tally([await pollOnce(before, codes)]), { slow_down: 1 });
  await using after = await testServer({ store, env: before.env, config: withDevice() });
  after.env.advance(8);
  assert.deepEqual(tally([await pollOnce(after, codes)]), { slow_down: 1 });
  after.env.advance(15);
  assert.deepEqual(tally([await pollOnce(after, codes)]), { authorization_pending: 1 });
});

Deno.test("RFC 8628 §3.5: whoever hammers has the store write no more once the wait would outlast the code", async () => {
  const inner = memoryStore();
  let commits = 0;
  const store: typeof inner = {
    ...inner,
    commit: (commit) => {
      commits++;
      return inner.commit(commit);
    },
  };
  await using server = await testServer({ store, config: withDevice() });
  const codes = await askForCodes(server);
  for (let n = 0; n < 130; n++) await pollOnce(server, codes);
  commits = 0;
  for (let n = 0; n < 200; n++) {
    assert.deepEqual(tally([await pollOnce(server, codes)]), { slow_down: 1 });
  }
  assert.equal(commits, 0);
  // Its person is heard all the same, and so is the end.
  const other = await askForCodes(server);
  await pollAtOnce([server], other, 200);
  await answerDevice(server, other);
  assert.deepEqual(tally([await pollOnce(server, other)]), { tokens: 1 });
  server.env.advance(600);
  assert.deepEqual(tally([await pollOnce(server, codes)]), { expired_token: 1 });
});

Deno.test("RFC 8628 §3.3: of answers at once, a yes and a no among them, one is heard, while the device polls", async () => {
  const clients = withDevice()["clients"];
  const config = { clients, security: { login: { tries_per_address: 1000 } } };
  for (let n = 0; n < 5; n++) {
    await using server = await lateServer({ config });
    const codes = await askForCodes(server);
    const questions = await Promise.all(
      ["alice", "bob", "alice", "bob"].map(async (username) => {
        const browser = agent(server);
        return { browser, question: await toQuestion(browser, codes, username) };
      }),
    );
    const polls = pollAtOnce([server], codes, 20);
    // Each presses three times, and not always the same button.
    const pages = await Promise.all(
      Array.from({ length: 12 }, async (_, n) => {
        const { browser, question } = questions[n % 4]!;
        const action = (n + Math.floor(n / 4)) % 2 === 0 ? "allow" : "deny";
        return { who: n % 4, html: (await browser.submit(question, { action })).html };
      }),
    );
    const heard = pages.filter(({ html }) => html.includes('id="device-done"'));
    assert.equal(new Set(heard.map(({ who }) => who)).size, 1, "one page of one person");
    assert.equal(new Set(heard.map(({ html }) => html)).size, 1, "who hears one answer each time");
    for (const { html } of pages) {
      assert.match(html, /id="device-done"|This code is no longer good/);
    }
    const events = server.env.events.map(({ message }) => message)
      .filter((one) => /authorization\.(approved|denied)$/.test(one));
    assert.equal(events.length, 1);
    const granted = events[0] === "device.authorization.approved";
    const { found } = await server.server.records.authorization.list();
    assert.equal(found.length, granted ? 1 : 0);
    const fetched = tally(await polls)["tokens"] ?? 0;
    const then = tally([await pollOnce(server, codes)]);
    assert.deepEqual(
      then,
      fetched === 1 ? { invalid_grant: 1 } : granted ? { tokens: 1 } : { access_denied: 1 },
    );
    assert.equal((await server.server.records.user_code.list()).found.length, 0);
  }
});

Deno.test("RFC 8628 §6.1: devices that ask at two servers at once have codes that differ", async () => {
  await using servers = await pair();
  const { one, two } = servers;
  const asked = await Promise.all(
    Array.from({ length: 100 }, (_, n) => askForCodes(n % 2 === 0 ? one : two)),
  );
  for (const member of ["device_code", "user_code"] as const) {
    assert.equal(new Set(asked.map((codes) => codes[member])).size, 100);
  }
});
