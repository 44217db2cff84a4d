/** Whether an operator can see who is logged in, and log people out, beside a server that runs. */

import assert from "node:assert/strict";
import type { Session } from "../../src/store/records.ts";
import { agent } from "../support/agent.ts";
import type { Ran } from "../support/cli.ts";
import { type RawConfig, withClient, withUser } from "../support/config.ts";
import { START } from "../support/env.ts";
import {
  assertRefused,
  authorizeUrl,
  passThrough,
  redeem,
  refresh,
  silently,
  tokensOf,
} from "../support/flow.ts";
import { testServer } from "../support/server.ts";
import { someAuthorization, someSession } from "../support/some_records.ts";
import { type StoreFile, storeFile } from "../support/store_file.ts";

interface Scene extends StoreFile {
  /** Runs `latchkey sessions …` with the configuration of the scene. */
  sessions(...args: string[]): Promise<Ran>;
}

async function scene(members: RawConfig = {}): Promise<Scene> {
  const here = await storeFile(members);
  return { ...here, sessions: (...args) => here.latchkey("sessions", ...args) };
}

/** Writes a session as the server would: alice's, in which `web` was used, unless the test says otherwise. */
function putSession(
  { records }: Pick<Scene, "records">,
  sid: string,
  members: Partial<Session> = {},
): Promise<void> {
  return records.session.put(
    records.session.handle(),
    someSession({ sid, sub: "sub-alice", clients: ["web"], device: "Firefox, Linux", ...members }),
  );
}

/** Two sessions of alice and one of bob, the latest used last. */
async function populated(members: RawConfig = {}): Promise<Scene> {
  const here = await scene(members);
  await putSession(here, "a");
  await putSession(here, "b", { clients: ["spa", "web"], seen_at: START + 1 });
  await putSession(here, "c", { sub: "sub-bob", clients: ["spa"], seen_at: START + 2 });
  return here;
}

/** The names that a listing holds, in its order. */
async function listed(here: Scene, ...args: string[]): Promise<string> {
  const { code, stdout } = await here.sessions("list", "--json", ...args);
  assert.equal(code, 0);
  return (JSON.parse(stdout) as Session[]).map(({ sid }) => sid).join("");
}

Deno.test("sessions list: a table, the latest used first, with usernames, devices and UTC", async () => {
  await using here = await scene();
  await putSession(here, "sid-1");
  await putSession(here, "sid-2", { sub: "sub-gone", clients: [], device: "", seen_at: START + 1 });
  await putSession(here, "sid-3", { expires_at: START });
  assert.deepEqual(await here.sessions("list"), {
    code: 0,
    stdout:
      `SID    USER      DEVICE          CLIENTS  SINCE                 LAST USED             EXPIRES
sid-2  sub-gone  unknown         none     2026-01-01T00:00:00Z  2026-01-01T00:00:01Z  2026-01-01T00:01:00Z
sid-1  alice     Firefox, Linux  web      2026-01-01T00:00:00Z  2026-01-01T00:00:00Z  2026-01-01T00:01:00Z
`,
    stderr: "",
  });
});

Deno.test("sessions list: filters must all match, and a user is a username or a sub", async () => {
  await using here = await populated();
  assert.equal(await listed(here), "cba");
  assert.equal(await listed(here, "--user", "Alice"), "ba");
  assert.equal(await listed(here, "--user", "sub-alice"), "ba");
  assert.equal(await listed(here, "--client", "spa"), "cb");
  assert.equal(await listed(here, "--user", "alice", "--client", "spa"), "b");
  assert.equal(await listed(here, "--limit", "2").then(({ length }) => length), 2);
  const cut = await here.sessions("list", "--limit", "2");
  assert.equal(cut.stderr, "there are more than 2: --limit N lists more\n");
  assert.deepEqual(await here.sessions("list", "--user", "alcie", "--client", "wbe"), {
    code: 0,
    stdout: "",
    stderr:
      "no sessions\nthe configuration knows no user alcie\nthe configuration knows no client wbe\n",
  });
});

Deno.test("sessions list, sessions show: JSON has the names of the record, and nothing to log in with", async () => {
  await using here = await scene();
  await putSession(here, "a");
  const [session, ...others] = JSON.parse((await here.sessions("list", "--json")).stdout);
  assert.deepEqual(others, []);
  assert.deepEqual(session, {
    sid: "a",
    sub: "sub-alice",
    username: "alice",
    device: "Firefox, Linux",
    clients: ["web"],
    auth_time: START,
    amr: ["pwd"],
    created_at: START,
    seen_at: START,
    expires_at: START + 60,
    absolute_expires_at: START + 600,
  });
  assert.deepEqual(JSON.parse((await here.sessions("show", "a", "--json")).stdout), session);
});

Deno.test("sessions list: a login that was sent twice is one session, with all its clients", async () => {
  await using here = await scene();
  await putSession(here, "a", { clients: ["web", "post"] });
  await putSession(here, "a", { clients: ["spa", "web"], seen_at: START + 1 });
  const [session, ...others] = JSON.parse((await here.sessions("list", "--json")).stdout);
  assert.deepEqual(others, []);
  assert.deepEqual([session.clients, session.seen_at], [["web", "post", "spa"], START + 1]);
  assert.equal((await here.sessions("revoke", "a")).stdout, "1 session ended\n");
  assert.equal(await listed(here), "");
});

Deno.test("sessions show: everything about one session", async () => {
  await using here = await scene();
  await putSession(here, "sid-1", { amr: ["pwd", "otp"], auth_time: START - 60 });
  assert.deepEqual(await here.sessions("show", "sid-1"), {
    code: 0,
    stdout: `session    sid-1
user       alice (sub sub-alice)
device     Firefox, Linux
clients    web
since      2026-01-01T00:00:00Z
logged in  2025-12-31T23:59:00Z by pwd otp
last used  2026-01-01T00:00:00Z
expires    2026-01-01T00:01:00Z, at the latest 2026-01-01T00:10:00Z
`,
    stderr: "",
  });
});

Deno.test("sessions show, sessions revoke: a name that no session has exits with 1 and isn't quoted", async () => {
  await using here = await scene();
  await putSession(here, "a", { expires_at: START });
  for (const given of ["a", "se_pasted-by-mistake"]) {
    for (const args of [["show", given], ["show", given, "--json"], ["revoke", given, "--json"]]) {
      assert.deepEqual(await here.sessions(...args), {
        code: 1,
        stdout: "",
        stderr: "there is no living session of this sid\n",
      });
    }
  }
});

const REVOKED: readonly [readonly string[], string, string][] = [
  [["b"], "ca", "1 session ended\n1 logout notice to be sent\n"],
  [["--user", "alice"], "c", "2 sessions ended\n1 logout notice to be sent\n"],
  [["--client", "spa"], "a", "2 sessions ended\n2 logout notices to be sent\n"],
  [["--user=bob", "--client=spa"], "ba", "1 session ended\n1 logout notice to be sent\n"],
  [["--user=bob", "--client=web"], "cba", "0 sessions ended\n"],
  [["--all"], "", "3 sessions ended\n2 logout notices to be sent\n"],
];

for (const [args, left, said] of REVOKED) {
  Deno.test(`sessions revoke ${args.join(" ")}: ends those, and queues what clients are to hear`, async () => {
    const backchannel_logout_uri = "https://rp.example.com/logout";
    await using here = await populated(withClient("spa", { backchannel_logout_uri }));
    assert.deepEqual(await here.sessions("revoke", ...args), { code: 0, stdout: said, stderr: "" });
    assert.equal(await listed(here), left);
    const { found } = await here.records.logout_notice.list();
    assert.equal(found.length, Number(/(\d+) logout/.exec(said)?.[1] ?? 0));
    // Nobody has claimed them: any instance sends them at once.
    for (const { record } of found) assert.deepEqual([record.due_at, record.tries], [START, 0]);
  });
}

Deno.test("sessions revoke: what was granted in the session ends, save what a client keeps", async () => {
  await using here = await populated();
  const put = (grant_id: string, sid: string, scope: string[]) =>
    here.records.authorization.put(
      grant_id,
      someAuthorization({ grant_id, client_id: "web", sub: "sub-alice", sid, scope }),
    );
  await put("1", "a", ["openid"]);
  await put("2", "a", ["openid", "offline_access"]);
  await put("3", "b", ["openid"]);
  assert.deepEqual(JSON.parse((await here.sessions("revoke", "a", "--json")).stdout), {
    sessions: 1,
    notices: 0,
  });
  const { found } = await here.records.authorization.list();
  assert.deepEqual(found.map(({ record }) => record.grant_id).sort(), ["2", "3"]);
});

Deno.test("sessions revoke: never everything by accident, and one way to say whose", async () => {
  await using here = await populated();
  const wrong: [string[], RegExp][] = [
    [[], /needs the sid of a session, --user, --client or --all/],
    [["--json"], /needs the sid of a session/],
    [[""], /argument SID is empty/],
    [["--user", ""], /--user needs a value/],
    [["a", "--all"], /not several/],
    [["a", "--user", "alice"], /not several/],
    [["--all", "--client", "spa"], /not several/],
    [["--al"], /unknown option --al; did you mean --all\?/],
  ];
  for (const [args, reason] of wrong) {
    const { code, stdout, stderr } = await here.sessions("revoke", ...args);
    assert.deepEqual([code, stdout], [2, ""], args.join(" "));
    assert.match(stderr, reason);
  }
  assert.equal(await listed(here), "cba");
  await using two = await scene(withUser("bob", { sub: "alice" }));
  assert.equal((await two.sessions("revoke", "--user", "alice")).code, 2);
});

Deno.test("sessions: the terminal takes no orders from what stands in records", async () => {
  const evil = "x\u001b]0;owned\u0007\n\u009b2J\u202e";
  await using here = await scene();
  await putSession(here, evil, { sub: evil, device: evil, clients: [evil], amr: [evil] });
  for (const args of [["list"], ["show", evil], ["list", "--json"]]) {
    const { stdout } = await here.sessions(...args);
    // deno-lint-ignore no-control-regex -- those are what is looked for
    assert.doesNotMatch(stdout, /[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/u);
    assert.match(stdout, /x\\u001b\]0;owned\\u0007\\(u000a|n)\\u009b2J\\u202e/);
  }
});

Deno.test("sessions: what a running server has begun is seen without its cookie, and what is revoked stays so", async () => {
  await using here = await scene();
  await using server = await testServer({ store: here.store, env: here.env });
  const [browser, other] = [agent(server), agent(server)];
  const request = { client_id: "web", scope: "openid offline_access" };
  const { code = "" } = await passThrough(browser, authorizeUrl(server, request));
  const kept = tokensOf(await redeem(server, code, {}, "web"));
  const waiting = await passThrough(browser, authorizeUrl(server));
  await passThrough(other, authorizeUrl(server), "bob");
  const { stdout } = await here.sessions("list", "--user", "alice", "--json");
  const [{ sid }] = JSON.parse(stdout);
  const seen = [stdout, (await here.sessions("list")).stdout];
  seen.push((await here.sessions("show", sid)).stdout);
  for (const secret of browser.cookies.values()) {
    assert.ok(seen.every((text) => !text.includes(secret) && !text.includes("se_")));
  }
  assert.equal((await here.sessions("revoke", "--user", "alice")).code, 0);
  assert.equal(await silently(server, browser), "login_required");
  assertRefused(await redeem(server, waiting["code"] ?? ""));
  assert.equal((await refresh(server, kept.refresh_token, {}, "web")).status, 200);
  assert.equal(await silently(server, other), undefined);
});
