/** Whether anybody is forgotten when logins, answers and logouts of one browser meet at the same moment. */

import assert from "node:assert/strict";
import fc from "fast-check";
import { decodeJwt } from "jose";
import { endSession } from "../../src/login/end_session.ts";
import { openKvStore } from "../../src/store/kv.ts";
import type { Store } from "../../src/store/store.ts";
import { type Agent, agent, formOf, type Visit } from "../support/agent.ts";
import { START, testEnv } from "../support/env.ts";
import { answerOf, authorizeUrl, type Fields, pageOf, passThrough } from "../support/flow.ts";
import { endSessionUrl, listeningClients, logoutConfig } from "../support/logout.ts";
import { type TestServer, testServer } from "../support/server.ts";

const CLIENTS = ["web", "post", "spa"];
const CONFIG = logoutConfig(Object.fromEntries(CLIENTS.map((client_id) => [client_id, {
  grant_types: ["authorization_code", "implicit", "refresh_token"],
  response_types: ["code id_token"],
  require_consent: false,
  backchannel_logout_uri: `https://${client_id}.example.com/backchannel`,
}])));

/** One browser of a server, and each session that a client was answered in. */
interface World {
  readonly server: TestServer;
  readonly browser: Agent;
  readonly answered: Set<string>;
}

const urlFor = ({ server }: World, changes: Fields) =>
  authorizeUrl(server, { response_type: "code id_token", nonce: "n", ...changes });

/** Notes the session of an answer; whatever else the browser sees is right. */
function note({ answered }: World, visit: Visit): void {
  if (visit.status !== 0) return;
  const { id_token } = answerOf(visit);
  if (id_token === undefined) return;
  const { sid, aud } = decodeJwt(id_token);
  answered.add(`${sid} ${aud}`);
}

/** What the browser does; another of its tabs may make it lose its way. */
const ACTS = {
  async silent(world: World, client_id: string) {
    note(world, await world.browser.open(urlFor(world, { client_id, prompt: "none" })));
  },
  async login(world: World, client_id: string, username: string) {
    const visit = await world.browser.open(urlFor(world, { client_id, prompt: "login" }));
    if (pageOf(visit) !== "login") return note(world, visit);
    const { action, fields } = formOf(visit, "login");
    const more = { username, password: username, action: "login" };
    const body = new URLSearchParams([...fields, ...Object.entries(more)]);
    note(world, await world.browser.open(action, { method: "POST", body }));
  },
  async logout({ server, browser }: World) {
    const visit = await browser.open(endSessionUrl(server));
    if (pageOf(visit) === "logout" && visit.html.includes("confirm-logout")) {
      await browser.submit(visit, { action: "logout" });
    }
  },
};

const act = fc.record({
  what: fc.constantFrom(...Object.keys(ACTS) as (keyof typeof ACTS)[]),
  client_id: fc.constantFrom(...CLIENTS),
  username: fc.constantFrom("alice", "bob"),
  pause: fc.integer({ min: 0, max: 6 }),
});

Deno.test("OpenID Connect Back-Channel Logout §2.5, §2.7: whatever meets a logout, each client of an ended session is told, and nothing of it lives", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(act, { minLength: 6, maxLength: 14 }), async (acts) => {
      const { fetch, heard } = listeningClients();
      await using server = await testServer({
        env: testEnv(START, fetch),
        late: true,
        config: CONFIG,
      });
      const world = { server, browser: agent(server), answered: new Set<string>() };
      await passThrough(world.browser, urlFor(world, { client_id: "spa" }));
      const doing: Promise<void>[] = [];
      for (const { what, client_id, username, pause } of acts) {
        doing.push(ACTS[what](world, client_id, username));
        await server.env.sleep(pause);
      }
      await Promise.all(doing);
      await ACTS.logout(world);
      const { session, logout_notice, authorization } = server.server.records;
      // Sessions of answers that the browser lost live on until nobody uses them.
      const alive = (await session.list()).found.map(({ record }) => record.sid);
      const waiting = (await logout_notice.list()).found.map(({ record }) => record);
      const told = new Set([
        ...waiting.map(({ sid, client_id }) => `${sid} ${client_id}`),
        ...heard.map(({ logout_token }) => decodeJwt(logout_token)).map(({ sid, aud }) =>
          `${sid} ${aud}`
        ),
      ]);
      const untold = [...world.answered].filter((one) =>
        !told.has(one) && !alive.includes(one.split(" ")[0] ?? "")
      );
      assert.deepEqual(untold, []);
      const ended = server.env.events.filter(({ message }) => message === "session.ended")
        .map(({ members }) => members["sid"]);
      assert.deepEqual(alive.filter((sid) => ended.includes(sid)), [], "brought back");
      const { found } = await authorization.list();
      assert.deepEqual(found.filter(({ record }) => !alive.includes(record.sid)), []);
      assert.deepEqual(server.env.events.filter(({ level }) => level === "error"), []);
    }),
    { numRuns: 12 },
  );
});

Deno.test("OpenID Connect Back-Channel Logout §2.7: an answer whose session ends before it is stored is none, and brings no session back", async () => {
  const env = testEnv(START, listeningClients().fetch);
  const kv = await openKvStore(env, { url: ":memory:" });
  let interfere: (() => Promise<unknown>) | undefined;
  const store: Store = {
    ...kv,
    async commit(commit) {
      const isAnswer = commit.writes.some(({ key, value }) => key[0] === "authorization" && value);
      const act = isAnswer ? interfere : undefined;
      if (act !== undefined) interfere = undefined;
      await act?.();
      return await kv.commit(commit);
    },
  };
  await using server = await testServer({ env, store, config: CONFIG });
  const world = { server, browser: agent(server), answered: new Set<string>() };
  await passThrough(world.browser, urlFor(world, { client_id: "spa" }));
  for (const client_id of ["spa", "web"]) {
    const { found: [read] } = await server.server.records.session.list();
    const { sid } = read!.record;
    interfere = () => endSession(server.server, sid, 0);
    const visit = await world.browser.open(urlFor(world, { client_id, prompt: "none" }));
    assert.equal(answerOf(visit)["error"], "login_required", client_id);
    assert.deepEqual((await server.server.records.session.list()).found, []);
    assert.deepEqual((await server.server.records.authorization.list()).found, []);
    await passThrough(world.browser, urlFor(world, { client_id: "spa" }));
  }
  store.close();
});
