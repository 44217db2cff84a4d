/** Whether somebody who has got hold of the database finds anything in it that is worth something. */

import assert from "node:assert/strict";
import { argon2id } from "hash-wasm";
import { fromBase64url, utf8 } from "../../src/lib/bytes.ts";
import { openKvStore } from "../../src/store/kv.ts";
import { agent, logIn } from "../support/agent.ts";
import { RAW_CONFIG, type RawConfig } from "../support/config.ts";
import { answerDevice, askForCodes, pollOnce, TV } from "../support/device.ts";
import { eavesdrop, type TappedServer } from "../support/eavesdrop.ts";
import { testEnv } from "../support/env.ts";
import {
  authorizeUrl,
  basic,
  passThrough,
  post,
  redeem,
  refresh,
  requestToken,
  tokensOf,
  userinfo,
} from "../support/flow.ts";
import { robotForm, withRobot } from "../support/robot.ts";
import { dump, found, type Haystack, latin1 } from "../support/secrets.ts";
import { testServer } from "../support/server.ts";

const HOUR = 3600;
const PASSWORDS = { alice: "correct-horse-battery-alice", bob: "correct-horse-battery-bob" };
const OFFLINE = "openid email offline_access invoices.read";

/** A server on a file; alice and bob have passwords that stand nowhere else, and clients get tokens of every kind. */
async function withServer(use: (server: TappedServer, url: string) => Promise<void>) {
  const folder = await Deno.makeTempDir();
  const url = `${folder}/latchkey.kv`;
  const env = testEnv();
  const store = await openKvStore(env, { url });
  const users = await Promise.all((RAW_CONFIG["users"] as RawConfig[]).map(async (user) => {
    const password = PASSWORDS[user["username"] as keyof typeof PASSWORDS];
    const hash = await argon2id({
      password,
      salt: "some-salt-of-tests",
      parallelism: 1,
      iterations: 1,
      memorySize: 8,
      hashLength: 32,
      outputType: "encoded",
    });
    return { ...user, password: { hash } };
  }));
  const changes: Record<string, RawConfig> = {
    post: { access_token_format: "reference" },
    spa: { refresh_token_grace: "10m" },
    machine: { access_token_format: "reference" },
  };
  const tv: RawConfig = { ...TV, scope: OFFLINE };
  const clients = [...(await withRobot())["clients"] as RawConfig[], tv].map((client) => ({
    ...client,
    ...changes[String(client["client_id"])],
  }));
  try {
    await use(eavesdrop(await testServer({ env, store, config: { users, clients } })), url);
  } finally {
    store.close();
    await Deno.remove(folder, { recursive: true });
  }
}

/** Somebody logs in at a client, gets tokens and uses them. */
async function visit(server: TappedServer, username: keyof typeof PASSWORDS, client_id: string) {
  const browser = agent(server);
  const url = authorizeUrl(server, { client_id, scope: OFFLINE, nonce: "nonce-1" });
  await logIn(browser, await browser.open(url), username, PASSWORDS[username]);
  const { code = "" } = await passThrough(browser, url);
  const tokens = tokensOf(await redeem(server, code, {}, client_id));
  assert.equal((await userinfo(server, tokens.access_token)).status, 200);
  const next = tokensOf(await refresh(server, tokens.refresh_token, {}, client_id));
  return { browser, url, code, tokens, next };
}

/** A device asks and polls, somebody lets it in or not, and it polls again. */
async function connect(server: TappedServer, action: "allow" | "deny"): Promise<void> {
  const codes = await askForCodes(server, { scope: OFFLINE });
  await pollOnce(server, codes);
  const browser = agent(server);
  await logIn(browser, await browser.open(authorizeUrl(server)), "alice", PASSWORDS.alice);
  await answerDevice(server, codes, { action, browser });
  await pollOnce(server, codes);
  await pollOnce(server, codes);
}

/** An hour in which everything happens that can happen. */
async function anHour(server: TappedServer): Promise<void> {
  for (const client_id of ["web", "post", "spa"]) {
    const { browser, url, code, tokens, next } = await visit(server, "alice", client_id);
    // single sign-on, then a code that nobody redeems, and a login page that nobody fills in
    await passThrough(browser, url);
    await browser.open(authorizeUrl(server, { client_id, prompt: "login" }));
    server.env.advance(60);
    const again = await refresh(server, tokens.refresh_token, {}, client_id);
    assert.equal(again.status, client_id === "spa" ? 200 : 400, "grace, or a replay");
    const bob = await visit(server, "bob", client_id);
    await redeem(server, bob.code, {}, client_id);
    const { tokens: given } = await visit(server, "bob", client_id);
    const proof = client_id === "web"
      ? { Authorization: basic("web", "web-secret-0123456789abcdef") }
      : {};
    const form = { client_id, token: given.access_token, client_secret: undefined };
    if (client_id !== "post") await post(server, "/connect/revocation", form, proof as never);
    await redeem(server, code.slice(0, -4) + "AAAA", {}, client_id);
    await userinfo(server, next.access_token);
  }
  await connect(server, "allow");
  await connect(server, "deny");
  await askForCodes(server, { scope: OFFLINE });
  await requestToken(server, "machine", { grant_type: "client_credentials" });
  await post(server, "/connect/token", await robotForm(server, `jti-${server.env.now()}`));
  const header = { Authorization: basic("machine", "a-wrong-client-secret") };
  await post(server, "/connect/token", { grant_type: "client_credentials" }, header);
  const browser = agent(server);
  await logIn(browser, await browser.open(authorizeUrl(server)), "alice", "a-wrong-password");
}

/** The bytes of the file and of what SQLite keeps beside it. */
async function rawBytes(url: string): Promise<Haystack> {
  const files = await Promise.all([url, `${url}-wal`].map((path) => Deno.readFile(path)));
  return files.map(latin1).join("\n");
}

Deno.test("store: a dump after a day of flows holds no code, token, cookie, secret or password, living or dead", async () => {
  await withServer(async (server, url) => {
    for (let hour = 0; hour < 24; hour += 8) {
      const before = server.seen.size;
      await anHour(server);
      const fresh = new Map([...server.seen].slice(before));
      assert.deepEqual(found(await dump(server.store), fresh), [], `hour ${hour}`);
      server.env.advance(8 * HOUR);
    }
    await anHour(server);
    const kinds = Map.groupBy(server.seen.values(), (name) => name);
    const counts = Object.fromEntries([...kinds].map(([name, all]) => [name, all.length]));
    for (const name of ["code", "access_token", "refresh_token", "id_token", "csrf_token"]) {
      assert.ok((counts[name] ?? 0) >= 40, `${name} ${JSON.stringify(counts)}`);
    }
    for (
      const name of [
        "device_code",
        "cookie",
        "interaction",
        "client_assertion",
        "client_secret",
        "password",
      ]
    ) {
      assert.ok((counts[name] ?? 0) >= 3, `${name} ${JSON.stringify(counts)}`);
    }
    assert.ok([...server.seen.keys()].includes(PASSWORDS.alice));

    const [raw, structured] = [await rawBytes(url), await dump(server.store)];
    assert.deepEqual(found(raw, server.seen), []);
    assert.deepEqual(found(structured, server.seen), []);
    // What may be read there is found.
    for (const haystack of [raw, structured]) {
      for (const text of ["sub-alice", "az_", "invoices.read"]) assert.ok(haystack.includes(text));
    }
  });
});

Deno.test("store: a secret that did stand in the dump would be found, in whatever spelling", async () => {
  await withServer(async (server, url) => {
    const { tokens } = await visit(server, "alice", "post");
    const secrets = new Map(
      [...server.seen].filter(([value]) =>
        value === tokens.refresh_token || value === tokens.access_token || value === tokens.id_token
      ),
    );
    assert.equal(secrets.size, 3);
    for (const [secret, name] of secrets) {
      const only = new Map([[secret, name]]);
      const tail = secret.slice(-40);
      const bytes = utf8(secret);
      const spellings: Record<string, unknown> = {
        "as it is": { a: { deep: [secret] } },
        "a part of it": { part: `…${tail}` },
        "with text beyond Latin-1": { text: `€${secret}` },
        "its bytes": bytes,
        "what it encodes": fromBase64url(secret.split(".").at(-1)?.replace(/^.t_/, "") ?? ""),
        "in hex": bytes.toHex(),
        "in base64": bytes.toBase64(),
        "in a map": new Map([["secret", secret]]),
      };
      for (const [spelling, value] of Object.entries(spellings)) {
        const key = ["throttle", "planted"];
        assert.deepEqual(found(await dump(server.store), only), []);
        await server.store.commit({ writes: [{ key, value }] });
        assert.equal(found(await dump(server.store), only).length, 1, `${name} ${spelling}`);
        assert.equal(found(await rawBytes(url), only).length, 1, `${name} ${spelling}`);
        await server.store.commit({ writes: [{ key, value: undefined }] });
      }
    }
    await server.store.commit({ writes: [{ key: ["throttle", tokens.refresh_token], value: 1 }] });
    assert.equal(found(await dump(server.store), secrets).length, 1, "in a key");
  });
});
