/** Whether an operator can see and end what people have granted, beside a server that runs. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { listConsents, rememberConsent } from "../../src/login/consent.ts";
import type { Authorization } from "../../src/store/records.ts";
import type { Store } from "../../src/store/store.ts";
import { agent } from "../support/agent.ts";
import { type Ran, run } from "../support/cli.ts";
import { type RawConfig, withClient, withUser } from "../support/config.ts";
import { someClient } from "../support/client.ts";
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
import { temporaryFolder } from "../support/process.ts";
import { testServer } from "../support/server.ts";
import { someAuthorization } from "../support/some_records.ts";
import { type StoreFile, storeFile } from "../support/store_file.ts";

const HASH = new Uint8Array(32).fill(0xab);

/** Writes a grant as the server would: alice's to `web` unless the test says otherwise. */
async function putGrant(
  { records }: Pick<Scene, "records">,
  grant_id: string,
  members: Partial<Authorization> = {},
): Promise<void> {
  await records.authorization.put(
    grant_id,
    someAuthorization({
      grant_id,
      client_id: "web",
      sub: "sub-alice",
      sid: "sid-1",
      scope: ["openid", "email"],
      auth_time: START - 60,
      expires_at: START + 3600,
      ...members,
    }),
  );
}

/** Leaves an index entry behind that leads to no record. */
async function breakIndex(store: Store): Promise<void> {
  await store.commit({ writes: [{ key: ["authorization_by_sub", "nobody\u001b"], value: 1 }] });
}

const CODE = {
  kind: "code",
  sha256: HASH,
  redirect_uri: undefined,
  code_challenge: undefined,
  nonce: undefined,
  expires_at: START + 60,
} as const;

const CHAIN = {
  sha256: HASH,
  generation: 3,
  expires_at: START + 1000,
  absolute_expires_at: START + 3000,
  previous: undefined,
};

/** A name of a grant, as long as real ones. */
function id(letter: string): string {
  return `az_${letter.repeat(22)}`;
}

interface Scene extends StoreFile {
  /** Runs `latchkey grants …` with the configuration of the scene. */
  grants(...args: string[]): Promise<Ran>;
}

async function scene(members: RawConfig = {}): Promise<Scene> {
  const here = await storeFile(members);
  return { ...here, grants: (...args) => here.latchkey("grants", ...args) };
}

/** A store with a grant of alice to each of two clients, the second in two sessions, and one of bob. */
async function populated(): Promise<Scene> {
  const here = await scene();
  await putGrant(here, id("a"));
  await putGrant(here, id("b"), { client_id: "spa", sid: "sid-2", created_at: START + 2 });
  await putGrant(here, id("c"), { client_id: "spa", created_at: START + 1 });
  await putGrant(here, id("d"), { sub: "sub-bob", sid: "sid-3", created_at: START + 3 });
  return here;
}

/** The ids that a listing holds, in its order, by their letters. */
async function listed(here: Scene, ...args: string[]): Promise<string> {
  const { code, stdout } = await here.grants("list", "--json", ...args);
  assert.equal(code, 0);
  const all: { grant_id: string }[] = JSON.parse(stdout);
  return all.map(({ grant_id }) => grant_id.charAt(3)).join("");
}

async function consents({ env, records }: Scene): Promise<string[]> {
  const all = await Promise.all(
    ["sub-alice", "sub-bob"].map((sub) => listConsents({ env, records }, { sub })),
  );
  return all.flat().map(({ sub, client_id }) => `${sub} ${client_id}`).sort();
}

async function remember({ env, records }: Scene): Promise<void> {
  for (const sub of ["sub-alice", "sub-bob"]) {
    for (const client_id of ["web", "spa"]) {
      await rememberConsent({ env, records }, someClient({ client_id }), sub, ["openid"]);
    }
  }
}

Deno.test("grants list: a table, the newest first, with usernames and UTC", async () => {
  await using here = await scene();
  await putGrant(here, id("a"));
  await putGrant(here, id("b"), {
    client_id: "spa",
    sub: "sub-gone",
    scope: ["openid"],
    created_at: START + 1,
    expires_at: START + 86_400,
  });
  await putGrant(here, id("c"), { expires_at: START });
  assert.deepEqual(await here.grants("list"), {
    code: 0,
    stdout:
      `ID                         USER      CLIENT  SCOPES        SINCE                 EXPIRES
${id("b")}  sub-gone  spa     openid        2026-01-01T00:00:01Z  2026-01-02T00:00:00Z
${id("a")}  alice     web     openid email  2026-01-01T00:00:00Z  2026-01-01T01:00:00Z
`,
    stderr: "",
  });
});

Deno.test("grants list: filters must all match, and a user is a username or a sub", async () => {
  await using here = await populated();
  assert.equal(await listed(here), "dbca");
  assert.equal(await listed(here, "--user", "Alice"), "bca");
  assert.equal(await listed(here, "--user", "sub-alice"), "bca");
  assert.equal(await listed(here, "--client", "spa"), "bc");
  assert.equal(await listed(here, "--session", "sid-1"), "ca");
  assert.equal(await listed(here, "--user", "alice", "--client", "spa", "--session=sid-1"), "c");
  assert.equal(await listed(here, "--user", "bob", "--client", "spa"), "");
});

Deno.test("grants list: JSON has the names of the record, and nothing that leads to a token", async () => {
  await using here = await scene();
  await putGrant(here, id("a"), { code: CODE, refresh_token: CHAIN, expires_at: START + 60 });
  const { stdout } = await here.grants("list", "--json");
  const [grant, ...others] = JSON.parse(stdout);
  assert.deepEqual(others, []);
  assert.deepEqual(grant, {
    grant_id: id("a"),
    client_id: "web",
    sub: "sub-alice",
    username: "alice",
    sid: "sid-1",
    scope: ["openid", "email"],
    resource: [],
    claims: null,
    claims_locales: [],
    auth_time: START - 60,
    amr: ["pwd"],
    acr: null,
    created_at: START,
    used_at: START,
    expires_at: START + 60,
    code: { kind: "code", expires_at: START + 60 },
    refresh_token: {
      generation: 3,
      expires_at: START + 1000,
      absolute_expires_at: START + 3000,
    },
  });
  assert.deepEqual(JSON.parse((await here.grants("show", id("a"), "--json")).stdout), grant);
});

Deno.test("grants list: that there is none is said on stderr, with names that nobody has", async () => {
  await using here = await scene();
  assert.deepEqual(await here.grants("list"), { code: 0, stdout: "", stderr: "no grants\n" });
  assert.deepEqual(await here.grants("list", "--json", "--user", "alcie", "--client", "web"), {
    code: 0,
    stdout: "[]\n",
    stderr: "no grants\nthe configuration knows no user alcie\n",
  });
});

Deno.test("grants list: --limit lists so many and says that there are more", async () => {
  await using here = await populated();
  assert.equal((await listed(here, "--limit", "3")).length, 3);
  const more = await here.grants("list", "--limit", "3");
  assert.equal(more.stderr, "there are more than 3: --limit N lists more\n");
  assert.equal((await here.grants("list", "--limit", "4")).stderr, "");
  for (const limit of ["0", "-1", "many", "1.5", "1e3"]) {
    const { code, stdout, stderr } = await here.grants("list", `--limit=${limit}`);
    assert.deepEqual([code, stdout], [2, ""]);
    assert.match(stderr, /--limit needs a whole number from 1 on/);
  }
});

Deno.test("grants list: more than one page of the store can be listed", async () => {
  await using here = await scene();
  const ids = Array.from({ length: 1001 }, (_, index) => `az_${index}`);
  // Not all at once: a machine that is busy answers so many later than the store's deadline.
  for (let start = 0; start < ids.length; start += 50) {
    await Promise.all(ids.slice(start, start + 50).map((id) => putGrant(here, id)));
  }
  const all = await here.grants("list", "--json", "--limit", "5000");
  assert.equal(all.stderr, "");
  const found: { grant_id: string }[] = JSON.parse(all.stdout);
  assert.deepEqual(found.map(({ grant_id }) => grant_id).sort(), ids.sort());
  const most = await here.grants("list", "--json");
  assert.equal(JSON.parse(most.stdout).length, 1000);
  assert.equal(most.stderr, "there are more than 1000: --limit N lists more\n");
});

Deno.test("grants show: everything about one grant", async () => {
  await using here = await scene();
  await putGrant(here, id("a"), { refresh_token: CHAIN, used_at: START + 1 });
  const { code, stdout, stderr } = await here.grants("show", id("a"));
  assert.deepEqual([code, stderr], [0, ""]);
  assert.equal(
    stdout,
    `grant          ${id("a")}
user           alice (sub sub-alice)
client         web (Web Shop)
scopes         openid email
resources      all that the scopes lead to
claims         none asked for one by one
session        sid-1
logged in      2025-12-31T23:59:00Z by pwd
granted        2026-01-01T00:00:00Z
last used      2026-01-01T00:00:01Z
expires        2026-01-01T01:00:00Z
code           none waits
refresh token  generation 3, expires 2026-01-01T00:16:40Z, at the latest 2026-01-01T00:50:00Z
`,
  );
});

Deno.test("grants show: a code that still waits, of people and clients that are gone", async () => {
  await using here = await scene();
  await putGrant(here, id("a"), {
    sub: "sub-gone",
    client_id: "gone",
    code: CODE,
    resource: ["https://api.example.com"],
    acr: "gold",
    claims: { userinfo: { email: {} }, id_token: {} },
    expires_at: START + 60,
  });
  const { stdout } = await here.grants("show", id("a"));
  assert.match(stdout, /^claims +in userinfo email, in the ID token none$/m);
  assert.match(stdout, /^logged in .* by pwd, acr gold$/m);
  assert.match(stdout, /^user +sub-gone$/m);
  assert.match(stdout, /^client +gone$/m);
  assert.match(stdout, /^resources +https:\/\/api\.example\.com$/m);
  assert.match(stdout, /^last used +not yet$/m);
  assert.match(stdout, /^code +waits until 2026-01-01T00:01:00Z$/m);
  assert.match(stdout, /^refresh token +none$/m);
});

Deno.test("grants show: a device that has been allowed something and has not fetched it yet", async () => {
  await using here = await scene();
  await putGrant(here, id("a"), {
    code: { ...CODE, kind: "device_code" },
    expires_at: START + 60,
  });
  const { stdout } = await here.grants("show", id("a"));
  assert.match(stdout, /^last used +not yet$/m);
  assert.match(stdout, /^code +of a device, waits until 2026-01-01T00:01:00Z$/m);
  const { code } = JSON.parse((await here.grants("show", id("a"), "--json")).stdout);
  assert.deepEqual(code, { kind: "device_code", expires_at: START + 60 });
  const revoked = await here.grants("revoke", id("a"));
  assert.deepEqual([revoked.code, revoked.stdout], [0, "1 grant ended\n"]);
  assert.equal((await here.grants("check")).code, 0);
});

Deno.test("grants show: a code ends at its own time where tokens came with it, which live on", async () => {
  await using here = await scene();
  await putGrant(here, id("a"), { code: CODE, used_at: START });
  const { code } = JSON.parse((await here.grants("show", id("a"), "--json")).stdout);
  assert.deepEqual(code, { kind: "code", expires_at: START + 60 });
  const shown = async () => (await here.grants("show", id("a"))).stdout;
  assert.match(await shown(), /^last used +2026-01-01T00:00:00Z\nexpires +2026-01-01T01:00:00Z$/m);
  assert.match(await shown(), /^code +waits until 2026-01-01T00:01:00Z$/m);
  here.env.advance(60);
  assert.match(await shown(), /^code +expired 2026-01-01T00:01:00Z$/m);
});

Deno.test("grants show, grants revoke: an id that no grant has exits with 1 and isn't quoted", async () => {
  await using here = await scene();
  await putGrant(here, id("a"), { expires_at: START });
  for (const given of [id("a"), "rt_pasted-by-mistake"]) {
    for (const args of [["show", given], ["show", given, "--json"], ["revoke", given, "--json"]]) {
      assert.deepEqual(await here.grants(...args), {
        code: 1,
        stdout: "",
        stderr: "there is no living grant of this id\n",
      });
    }
  }
  assert.match((await here.grants("show")).stderr, /argument ID is missing/);
});

Deno.test("grants revoke: by its id one grant ends, and consents stay", async () => {
  await using here = await populated();
  await remember(here);
  assert.deepEqual(await here.grants("revoke", id("b")), {
    code: 0,
    stdout: "1 grant ended\n",
    stderr: "",
  });
  assert.equal(await listed(here), "dca");
  assert.equal((await consents(here)).length, 4);
  assert.equal((await here.grants("revoke", id("b"))).code, 1);
  const json = await here.grants("revoke", id("c"), "--json");
  assert.deepEqual(JSON.parse(json.stdout), { grants: 1, consents: 0 });
});

const REVOKED: readonly {
  readonly filters: readonly string[];
  readonly grants: string;
  readonly consents: readonly string[];
}[] = [
  { filters: ["--user", "alice"], grants: "d", consents: ["sub-bob spa", "sub-bob web"] },
  { filters: ["--client", "spa"], grants: "da", consents: ["sub-alice web", "sub-bob web"] },
  {
    filters: ["--user=sub-alice", "--client=spa"],
    grants: "da",
    consents: ["sub-alice web", "sub-bob spa", "sub-bob web"],
  },
  {
    filters: ["--user=alice", "--client=spa", "--session=sid-1"],
    grants: "dba",
    consents: ["sub-alice spa", "sub-alice web", "sub-bob spa", "sub-bob web"],
  },
];

for (const { filters, grants, consents: left } of REVOKED) {
  Deno.test(`grants revoke ${filters.join(" ")}: what matches ends, and with it what would bring it back`, async () => {
    await using here = await populated();
    await remember(here);
    const { code, stdout, stderr } = await here.grants("revoke", "--json", ...filters);
    assert.deepEqual([code, stderr], [0, ""]);
    assert.deepEqual(JSON.parse(stdout), {
      grants: 4 - grants.length,
      consents: 4 - left.length,
    });
    assert.equal(await listed(here), grants);
    assert.deepEqual(await consents(here), left);
  });
}

Deno.test("grants revoke: it says how many ended, none too", async () => {
  await using here = await populated();
  await remember(here);
  const alice = await here.grants("revoke", "--user", "alice");
  assert.equal(alice.stdout, "3 grants ended\n2 remembered consents withdrawn\n");
  assert.deepEqual(await here.grants("revoke", "--client", "wbe"), {
    code: 0,
    stdout: "0 grants ended\n0 remembered consents withdrawn\n",
    stderr: "the configuration knows no client wbe\n",
  });
  assert.equal((await here.grants("revoke", "--session", "sid-3")).stdout, "1 grant ended\n");
});

Deno.test("grants revoke: never everything by accident, and never an id with filters", async () => {
  await using here = await populated();
  const wrong: [string[], RegExp][] = [
    [[], /needs the id of a grant, or at least one of --user, --client and --session/],
    [[""], /argument ID is empty/],
    [["--user", ""], /--user needs a value/],
    [["--user="], /--user needs a value/],
    [["--json"], /needs the id of a grant/],
    [[id("a"), "--user", "alice"], /takes the id of a grant or filters, not both/],
    [[id("a"), id("b")], /takes no argument "az_b+" besides ID/],
  ];
  for (const [args, reason] of wrong) {
    const { code, stdout, stderr } = await here.grants("revoke", ...args);
    assert.deepEqual([code, stdout], [2, ""], args.join(" "));
    assert.match(stderr, reason);
    assert.match(stderr, /latchkey grants revoke --help says more/);
  }
  assert.equal(await listed(here), "dbca");
});

Deno.test("grants: a name that two people could be meant by is refused", async () => {
  await using here = await scene(withUser("bob", { sub: "alice" }));
  await putGrant(here, id("a"));
  await putGrant(here, id("d"), { sub: "alice" });
  const { code, stderr } = await here.grants("revoke", "--user", "alice");
  assert.equal(code, 2);
  assert.match(stderr, /username of one person and the sub of another/);
  assert.equal(await listed(here, "--user", "sub-alice"), "a");
  assert.equal(await listed(here, "--user", "bob"), "d");
});

Deno.test("grants: the terminal takes no orders from what stands in records", async () => {
  const evil = "x\u001b]0;owned\u0007\n\u009b2J\u202e\u{e0041}";
  await using here = await scene(withClient("web", { client_name: evil }));
  await putGrant(here, id("a"), { sub: evil, sid: evil, amr: [evil], scope: [evil] });
  for (const args of [["list"], ["show", id("a")], ["list", "--json"], ["list", "--user", evil]]) {
    const { stdout } = await here.grants(...args);
    // deno-lint-ignore no-control-regex -- those are what is looked for
    assert.doesNotMatch(stdout, /[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\u{e0041}]/u);
    assert.match(stdout, /x\\u001b\]0;owned\\u0007\\(u000a|n)\\u009b2J\\u202e\\udb40\\udc41/);
  }
  const [grant] = JSON.parse((await here.grants("list", "--json")).stdout);
  assert.equal(grant.sub, evil);
  const none = await here.grants("list", "--client", evil);
  assert.match(none.stderr, /knows no client x\\u001b/);
});

Deno.test("grants: where no server has been yet no store is made, and one in memory is out of reach", async () => {
  await using here = await scene();
  await using folder = await temporaryFolder();
  const missing = join(folder.path, "data", "latchkey.kv");
  for (const args of [["list"], ["show", id("a")], ["revoke", "--user", "alice"], ["check"]]) {
    const variables = { LATCHKEY_STORE__URL: missing };
    const config = join(here.file, "..", "latchkey.yaml");
    const ran = await run(["grants", ...args, "--config", config], { variables });
    assert.deepEqual([ran.code, ran.stdout], [1, ""]);
    assert.equal(
      ran.stderr,
      `nothing is stored yet: there is no ${missing}; the server makes it\n`,
    );
  }
  assert.deepEqual(await Array.fromAsync(Deno.readDir(folder.path)), []);
  await using memory = await scene({ store: { url: ":memory:" } });
  const { code, stderr } = await memory.grants("list");
  assert.equal(code, 1);
  assert.match(stderr, /:memory:/);
});

Deno.test("grants: a broken configuration and a broken store exit with 1 and a reason", async () => {
  await using broken = await scene({ isuer: "x" });
  const problem = await broken.grants("list");
  assert.deepEqual([problem.code, problem.stdout], [1, ""]);
  assert.match(problem.stderr, /latchkey\.yaml:1:\d+: isuer: .*did you mean issuer\?/);
  await using folder = await temporaryFolder();
  const url = join(folder.path, "text");
  await Deno.writeTextFile(url, "no database, but long enough to be taken for one ".repeat(10));
  await using here = await scene({ store: { url } });
  const { code, stdout, stderr } = await here.grants("list");
  assert.deepEqual([code, stdout], [1, ""]);
  assert.match(stderr, /^the store .* can't be opened: /);
  await using foreign = await scene({ store: { url: "postgres://u:s3cret@db/x" } });
  const unknown = await foreign.grants("list");
  assert.equal(unknown.stderr, "the store can't be opened: what is postgres://?\n");
});

Deno.test("grants check: agreement is ok, and each disagreement is told", async () => {
  await using here = await populated();
  const good = await here.grants("check");
  assert.deepEqual([good.code, good.stderr], [0, ""]);
  assert.match(good.stdout, /^ok\n/);
  assert.match(good.stdout, /^authorization: records 4, index entries \d+$/m);
  const { ok, indexes } = JSON.parse((await here.grants("check", "--json")).stdout);
  assert.equal(ok, true);
  assert.ok(indexes.every(({ problems }: { problems: string[] }) => problems.length === 0));
  await breakIndex(here.store);
  const bad = await here.grants("check");
  assert.equal(bad.code, 1);
  assert.doesNotMatch(bad.stdout, /^ok$/m);
  assert.match(bad.stdout, /^authorization: records 4, index entries \d+$/m);
  assert.match(bad.stderr, /^authorization: .+\n$/);
  // deno-lint-ignore no-control-regex -- that is what is looked for
  assert.doesNotMatch(bad.stderr, /\u001b/);
  const json = await here.grants("check", "--json");
  assert.equal(json.code, 1);
  assert.equal(JSON.parse(json.stdout).ok, false);
  assert.equal(json.stderr, "");
});

Deno.test("RFC 6749 §10.4: what a running server has granted is seen without its tokens, and what is revoked stays so", async () => {
  await using here = await scene();
  await using server = await testServer({ store: here.store, env: here.env });
  const browser = agent(server);
  const request = { client_id: "web", scope: "openid offline_access" };
  const { code = "" } = await passThrough(browser, authorizeUrl(server, request));
  const tokens = tokensOf(await redeem(server, code, {}, "web"));
  assert.equal(await silently(server, browser, request), undefined);
  const { stdout } = await here.grants("list", "--user", "alice", "--json");
  const ids: string[] = JSON.parse(stdout).map(({ grant_id }: Authorization) => grant_id);
  assert.equal(ids.length, 2);
  const seen = [stdout, (await here.grants("list")).stdout];
  for (const id of ids) seen.push((await here.grants("show", id)).stdout);
  for (const secret of [code, tokens.access_token, tokens.refresh_token]) {
    assert.ok(secret !== "" && seen.every((text) => !text.includes(secret)));
  }
  const revoked = await here.grants("revoke", "--user", "alice", "--client", "web");
  assert.equal(revoked.stdout, "2 grants ended\n1 remembered consent withdrawn\n");
  assertRefused(await refresh(server, tokens.refresh_token, {}, "web"));
  assert.equal(await silently(server, browser, request), "consent_required");
});

Deno.test("grants list: a store of another version is left alone", async () => {
  await using here = await scene();
  await here.store.commit({ writes: [{ key: ["format"], value: 1 }] });
  const { code, stdout, stderr } = await here.grants("list");
  assert.deepEqual([code, stdout], [1, ""]);
  assert.match(stderr, /another version/);
  assert.equal((await here.store.get(["format"]))?.value, 1);
});
