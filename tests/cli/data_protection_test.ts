/** Whether an operator can see and rotate the data protection ring beside a server that runs. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { base64url } from "../../src/lib/bytes.ts";
import { tendRing } from "../../src/keys/tend_ring.ts";
import { agent } from "../support/agent.ts";
import { type Ran, run } from "../support/cli.ts";
import type { RawConfig } from "../support/config.ts";
import { authorizeUrl, passThrough, silently } from "../support/flow.ts";
import { testServer } from "../support/server.ts";
import { type StoreFile, storeFile } from "../support/store_file.ts";

const DAY = 86_400;
/** Those of a run sign; the managed ones, which the ring seals, are quick to make. */
const KEYS = { jwks: { env: "JWKS" }, managed: { algorithms: ["EdDSA", "ES256"] } };

interface Scene extends StoreFile {
  ring(...args: string[]): Promise<Ran>;
  list(): Promise<Listed[]>;
}

interface Listed {
  readonly id: string;
  readonly place: string | null;
  readonly phase: string;
  readonly since: number | null;
  readonly seals_from: number | null;
  readonly goes_at: number | null;
  readonly managed_keys: number;
}

async function scene(members: RawConfig = {}): Promise<Scene> {
  const here = await storeFile(members);
  const ring = (...args: string[]) => here.latchkey("data-protection", ...args);
  return {
    ...here,
    ring,
    async list() {
      const { code, stdout } = await ring("list", "--json");
      assert.equal(code, 0);
      return JSON.parse(stdout);
    },
  };
}

/** A server over the scene's store, with managed keys. */
async function serverOf({ env, store }: Scene) {
  return await testServer({ env, store, config: { keys: KEYS } });
}

Deno.test("data-protection rotate: a new key is announced, seals ten minutes later, and nobody is logged out", async () => {
  await using here = await scene();
  await using one = await serverOf(here);
  await using two = await serverOf(here);
  const browser = agent(one);
  await passThrough(browser, authorizeUrl(one));
  const { code, stdout, stderr } = await here.ring("rotate");
  assert.deepEqual([code, stderr], [0, ""]);
  assert.match(
    stdout,
    /^[0-9a-f]{8} is announced and seals from 2026-01-01T00:10:00Z on, in 10m\n$/,
  );
  const again = await here.ring("rotate");
  assert.equal(again.code, 0);
  assert.match(again.stdout, /is announced already/);
  for (const { server } of [one, two]) await tendRing(server);
  here.env.advance(600);
  for (const server of [two, one]) {
    const there = agent(server);
    for (const [name, value] of browser.cookies) there.cookies.set(name, value);
    assert.equal(await silently(server, there), undefined);
    assert.notEqual(there.cookies.get("latchkey-session"), browser.cookies.get("latchkey-session"));
  }
  for (const { server } of [one, two]) await tendRing(server);
  const keys = await here.list();
  assert.deepEqual(keys.map(({ phase }) => phase), ["opening", "sealing"]);
  assert.deepEqual(keys.map(({ managed_keys }) => managed_keys), [0, 2]);
  assert.equal(keys[0]?.goes_at, here.env.now() + 180 * DAY + 600);
  const table = await here.ring("list");
  assert.match(table.stdout, /^ID +FROM +PHASE +SINCE +MANAGED KEYS +NEXT\n/);
  assert.match(table.stdout, /opening .* goes in 180d\n.*sealing .* seals until another does\n$/);
  // The log of each server, and of the command, tells the same.
  const told = here.env.events.filter(({ message }) => message.startsWith("data_protection."));
  assert.deepEqual(told.map(({ message }) => message.split(".")[1]), [
    "announced",
    "announced",
    "announced",
    "rotated",
    "resealed",
    "rotated",
  ]);
});

Deno.test("data-protection rotate --now: seals at once, and a key that is announced already never takes over", async () => {
  await using here = await scene();
  await using one = await serverOf(here);
  const browser = agent(one);
  await passThrough(browser, authorizeUrl(one));
  await here.ring("rotate");
  const { code, stdout } = await here.ring("rotate", "--now", "--json");
  assert.equal(code, 0);
  const { id, seals_from, changed } = JSON.parse(stdout);
  assert.deepEqual([seals_from, changed], [here.env.now(), true]);
  for (const advance of [0, 600, DAY]) {
    here.env.advance(advance);
    await tendRing(one.server);
    const sealing = (await here.list()).filter(({ phase }) => phase === "sealing");
    assert.deepEqual(sealing.map((key) => [key.id, key.managed_keys]), [[id, 2]]);
    if (advance <= 600) assert.equal(await silently(one, browser), undefined);
  }
  const told = await here.ring("rotate", "--now");
  assert.match(told.stdout, /seals from now on; other servers learn of it within 30 seconds/);
});

Deno.test("data-protection rotate: of two at once one announces a key", async () => {
  await using here = await scene();
  await using _server = await serverOf(here);
  const ran = await Promise.all([1, 2, 3].map(() => here.ring("rotate", "--json")));
  const answers = ran.map(({ stdout }) => JSON.parse(stdout));
  assert.equal(new Set(answers.map(({ id }) => id)).size, 1);
  assert.equal(answers.filter(({ changed }) => changed).length, 1);
  assert.equal((await here.list()).length, 2);
});

Deno.test("data-protection rotate: keys of the configuration are changed there, and it says how", async () => {
  await using here = await scene();
  await using _server = await serverOf(here);
  const config = join(here.file, "..", "latchkey.yaml");
  const raw = JSON.parse(await Deno.readTextFile(config));
  await Deno.writeTextFile(
    config,
    JSON.stringify({ ...raw, data_protection: { keys: [{ env: "RING" }], accept_stored: true } }),
  );
  const variables = { RING: base64url(here.env.random(32)) };
  const world = { env: here.env, variables };
  for (const now of [[], ["--now"]]) {
    const args = ["data-protection", "rotate", ...now, "--config", config];
    const { code, stdout, stderr } = await run(args, world);
    assert.deepEqual([code, stdout], [1, ""]);
    assert.match(stderr, /append it to data_protection\.keys of every server, and reload/);
    assert.match(stderr, /latchkey generate-secret[^]*180d later\n$/);
  }
  const listed = await run(["data-protection", "list", "--config", config], world);
  assert.match(
    listed.stdout,
    /data_protection\.keys\[0\] +announced .* seals once every server has it/,
  );
  assert.match(listed.stdout, / store +sealing /);
  assert.ok(!listed.stdout.includes(variables.RING));
});

Deno.test("data-protection: a ring that is lost is told, and neither rotated nor made", async () => {
  await using here = await scene();
  const none = await here.ring("list");
  assert.deepEqual([none.code, none.stdout], [0, ""]);
  assert.match(none.stderr, /no ring yet/);
  assert.equal((await here.ring("rotate")).code, 1);
  await using _server = await serverOf(here);
  const [{ id } = { id: "" }] = await here.list();
  await here.records.ring.delete("data_protection");
  for (const args of [["rotate"], ["rotate", "--now"]]) {
    const { code, stdout, stderr } = await here.ring(...args);
    assert.deepEqual([code, stdout], [1, ""]);
    assert.match(stderr, /^the data protection ring is lost: .*latchkey keys retire --all/);
  }
  const { code, stdout, stderr } = await here.ring("list");
  assert.equal(code, 0);
  assert.match(stdout, new RegExp(`\n${id} +- +missing +- +2 +restore it\n$`));
  assert.match(stderr, new RegExp(`^${id} is missing, by which 2 managed keys are sealed`));
  assert.equal((await here.records.ring.list()).found.length, 0);
});

Deno.test("data-protection: no output holds a key of the ring", async () => {
  await using here = await scene();
  await using server = await serverOf(here);
  const seen: string[] = [];
  for (const args of [["rotate"], ["rotate", "--json"], ["list"], ["list", "--json"]]) {
    const { stdout, stderr } = await here.ring(...args);
    seen.push(stdout, stderr);
  }
  await tendRing(server.server);
  seen.push(JSON.stringify(here.env.events));
  const { found: [ring] } = await here.records.ring.list();
  for (const { key } of ring!.record.keys) {
    const forms = [key.toHex(), key.toBase64(), base64url(key), `${[...key]}`];
    for (const form of forms) assert.ok(!seen.join("\n").includes(form.slice(0, 24)));
  }
});
