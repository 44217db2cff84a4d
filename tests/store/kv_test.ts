/** Whether Deno KV keeps the promises of a store, in memory and in a file, and says clearly when it can't. */

import assert from "node:assert/strict";
import { type Kv, kvStore, openKvStore } from "../../src/store/kv.ts";
import { StoreError } from "../../src/store/store.ts";
import { START, testEnv } from "../support/env.ts";
import { durableConformance, storeConformance } from "../support/store_conformance.ts";

storeConformance("Deno KV in memory", () => openKvStore(testEnv(), { url: ":memory:" }));

durableConformance(
  "Deno KV in a file",
  (folder) => openKvStore(testEnv(), { url: `${folder}/test.kv` }),
);

Deno.test("openKvStore: folders are made for the owner alone, and so is the file", async () => {
  await inFolder(async (folder) => {
    const url = `${folder}/data/deep/test.kv`;
    const store = await openKvStore(testEnv(), { url });
    await store.commit({ writes: [{ key: ["a"], value: 1 }] });
    const mode = (path: string) => Deno.statSync(path).mode! & 0o777;
    assert.equal(mode(`${folder}/data`), 0o700);
    assert.equal(mode(`${folder}/data/deep`), 0o700);
    assert.equal(mode(url), 0o600);
    assert.equal(mode(`${url}-wal`), 0o600);
    store.close();
  });
});

Deno.test("openKvStore: what was written is there after opening again, and modes are left alone", async () => {
  await inFolder(async (folder) => {
    const url = `${folder}/test.kv`;
    const first = await openKvStore(testEnv(), { url });
    await first.commit({ writes: [{ key: ["a"], value: 1 }] });
    first.close();
    Deno.chmodSync(url, 0o640);
    const second = await openKvStore(testEnv(), { url });
    assert.equal((await second.get(["a"]))?.value, 1);
    assert.equal(Deno.statSync(url).mode! & 0o777, 0o640);
    second.close();
  });
});

Deno.test("openKvStore: a file that is no database is a StoreError and stays as it is", async () => {
  await inFolder(async (folder) => {
    const url = `${folder}/notes.txt`;
    const text = "these are notes\n".repeat(500);
    await Deno.writeTextFile(url, text);
    await rejects(openKvStore(testEnv(), { url }), /notes\.txt.* file is not a database/);
    assert.equal(await Deno.readTextFile(url), text);
  });
});

Deno.test("openKvStore: a folder that can't be made, and a folder in the file's place, are StoreErrors", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/file`, "");
    await rejects(openKvStore(testEnv(), { url: `${folder}/file/test.kv` }), /can't be opened/);
    await rejects(openKvStore(testEnv(), { url: folder }), /unable to open database file/);
  });
});

Deno.test({
  name: "openKvStore: without permission to write, a StoreError names what is missing",
  permissions: { read: true, write: false },
  async fn() {
    await rejects(openKvStore(testEnv(), { url: "/tmp/no/test.kv" }), /write access/);
  },
});

Deno.test("openKvStore: a refused token is a StoreError that does not quote it", async () => {
  let seen: string | null = null;
  const options = { hostname: "127.0.0.1", port: 0, onListen() {} };
  const server = Deno.serve(options, (request) => {
    seen = request.headers.get("authorization");
    return new Response(null, { status: 401 });
  });
  const url = `http://127.0.0.1:${server.addr.port}`;
  const before = Deno.env.get("DENO_KV_ACCESS_TOKEN");
  try {
    const opened = openKvStore(testEnv(), { url, access_token: "a-secret-token" });
    const error = await rejects(opened, /401 Unauthorized/);
    assert.equal(seen, "Bearer a-secret-token");
    assert.ok(!Deno.inspect(error).includes("a-secret-token"));
  } finally {
    if (before === undefined) Deno.env.delete("DENO_KV_ACCESS_TOKEN");
    else Deno.env.set("DENO_KV_ACCESS_TOKEN", before);
    await server.shutdown();
  }
  await rejects(openKvStore(testEnv(), { url, access_token: "x" }), /failed to connect/);
  Deno.env.delete("DENO_KV_ACCESS_TOKEN");
});

Deno.test("kvStore: an operation that never ends is a StoreError within the deadline", async () => {
  const never = new Promise<never>(() => {});
  const store = kvStore(testEnv(), fakeKv({ get: () => never, commit: () => never }), {
    deadline: 20,
  });
  const start = performance.now();
  await rejects(store.get(["a"]), /get: no answer within 20 ms/);
  await rejects(store.commit({ writes: [] }), /commit: no answer within 20 ms/);
  await rejects(store.list([], { limit: 1 }), /list: no answer within 20 ms/);
  assert.ok(performance.now() - start < 1000);
});

Deno.test("kvStore: what fails after the deadline disturbs nobody", async () => {
  const { promise, reject } = Promise.withResolvers<never>();
  const store = kvStore(testEnv(), fakeKv({ get: () => promise }), { deadline: 1 });
  await rejects(store.get(["a"]), /no answer/);
  reject(new TypeError("too late"));
  await new Promise((resolve) => setTimeout(resolve));
});

Deno.test("kvStore: a locked database is tried again after 1 to 20 ms", async () => {
  let tries = 0;
  const locked = <A>(answer: A) => () =>
    ++tries % 8 === 0
      ? Promise.resolve(answer)
      : Promise.reject(new TypeError("database is locked"));
  const env = testEnv();
  const kv = fakeKv({
    get: locked({ key: ["a"], value: 1, versionstamp: "1" }),
    commit: locked({ ok: true, versionstamp: "2" }),
  });
  const store = kvStore(env, kv);
  assert.equal((await store.get(["a"]))?.value, 1);
  assert.equal(await store.commit({ writes: [] }), true);
  const pauses = env.sleeps.filter((milliseconds) => milliseconds !== 500);
  assert.equal(pauses.length, 14);
  assert.ok(pauses.every((pause) => pause >= 1 && pause <= 20));
  assert.ok(new Set(pauses).size > 1);
  store.close();
});

Deno.test("kvStore: a database that stays locked is a StoreError at the deadline, and is left alone then", async () => {
  let tries = 0;
  const commit = () => (tries++, Promise.reject(new TypeError("database is locked")));
  const store = kvStore(testEnv(), fakeKv({ commit }), { deadline: 50 });
  await rejects(store.commit({ writes: [] }), /no answer within 50 ms/);
  const made = tries;
  assert.ok(made > 1);
  await new Promise((resolve) => setTimeout(resolve, 30));
  assert.equal(tries, made);
});

Deno.test("kvStore: any other failure is a StoreError at once, with what happened as its cause", async () => {
  const full = new TypeError("database or disk is full");
  const env = testEnv();
  const store = kvStore(env, fakeKv({ commit: () => Promise.reject(full) }));
  const error = await rejects(store.commit({ writes: [] }), /commit: database or disk is full/);
  assert.equal(error.cause, full);
  assert.deepEqual(env.sleeps, [500]);
  store.close();
});

Deno.test("kvStore: expireIn is a whole number of milliseconds, at least 1, and absent without expires_at", async () => {
  const options: unknown[] = [];
  const store = kvStore(testEnv(START), fakeKv({ set: (given) => options.push(given) }));
  const times = [START + 60, START, START - 60, START + 0.0005, undefined];
  await store.commit({
    writes: times.map((expires_at) => ({ key: ["a"], value: 1, expires_at })),
  });
  assert.deepEqual(options, [
    { expireIn: 60_000 },
    { expireIn: 1 },
    { expireIn: 1 },
    { expireIn: 1 },
    undefined,
  ]);
  store.close();
});

Deno.test("kvStore: closing in the middle of an operation makes it a StoreError", async () => {
  const store = await openKvStore(testEnv(), { url: ":memory:" });
  const operations = [store.get(["a"]), store.commit({ writes: [{ key: ["a"], value: 1 }] })];
  store.close();
  for (const outcome of await Promise.allSettled(operations)) {
    if (outcome.status === "rejected") assert.ok(outcome.reason instanceof StoreError);
  }
});

/** A database of which a test says how it behaves; the list is as slow as `get`. */
function fakeKv(
  { get, commit, set = () => {} }: {
    get?: () => Promise<unknown>;
    commit?: () => Promise<unknown>;
    set?: (options: unknown) => void;
  },
): Kv {
  const atomic = {
    set: (_key: unknown, _value: unknown, options: unknown) => set(options),
    commit: commit ?? (() => Promise.resolve({ ok: true })),
  };
  return {
    getMany: async (keys: readonly unknown[]) => {
      const entry = await get?.();
      return keys.map(() => entry);
    },
    async *list() {
      yield await get?.();
    },
    atomic: () => atomic,
    close() {},
  } as unknown as Kv;
}

async function rejects(promise: Promise<unknown>, message: RegExp): Promise<StoreError> {
  const error = await promise.then(() => undefined, (error) => error);
  assert.ok(error instanceof StoreError, `expected a StoreError, not ${Deno.inspect(error)}`);
  assert.match(error.message, message);
  return error;
}

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
