/** How fast the store is on a KV file, shared and each for itself: `deno run --allow-all scripts/bench_store.ts [seconds]`. */

import { sha256 } from "../src/lib/bytes.ts";
import { systemEnv } from "../src/lib/env.ts";
import { openKvStore } from "../src/store/kv.ts";
import type { Key, Store, Write } from "../src/store/store.ts";

/** How long each figure is measured in all, and in how many turns. */
const seconds = Number(Deno.args[0] ?? 2);
const ROUNDS = 5;
const RECORDS = 1000;

const keys = Array.from({ length: RECORDS }, (_, n): Key => ["refresh_token", sha256(`${n}`)]);
const keyOf = (n: number): Key => keys[n % RECORDS] ?? [];
const expires_at = Math.floor(Date.now() / 1000) + 3600;

/** A record of the usual size. */
const writeOf = (n: number): Write => ({
  key: keyOf(n),
  value: {
    spent: false,
    authorization: "az_lBwVnRk0m6pXk0c1Yt0zQ8m5cZ3vJ7hW2nD9sT4uE1x",
    client_id: "spa",
    generation: n,
    absolute_expires_at: expires_at,
    expires_at,
  },
  expires_at,
});

/** One operation, of which there are some at a time. */
interface Work {
  readonly name: string;
  readonly at: readonly number[];
  readonly operate: (store: Store, n: number) => Promise<unknown>;
}

const works: readonly Work[] = [
  { name: "get", at: [1, 16, 64], operate: (store, n) => store.get(keyOf(n)) },
  {
    name: "commit, blind",
    at: [1, 16, 64],
    operate: (store, n) => store.commit({ writes: [writeOf(n)] }),
  },
  { name: "get and commit with a check", at: [1, 16], operate: replace },
  {
    name: "get and then commit, blind",
    at: [1, 64],
    async operate(store, n) {
      await store.get(keyOf(n));
      await store.commit({ writes: [writeOf(n + 1)] });
    },
  },
];

async function replace(store: Store, n: number): Promise<void> {
  const key = keyOf(n);
  const version = (await store.get(key))?.version ?? null;
  await store.commit({ checks: [{ key, version }], writes: [writeOf(n)] });
}

/** Operations a second with `callers` at once. */
async function rate(work: Work, store: Store, callers: number): Promise<number> {
  const start = performance.now();
  const end = start + seconds * 1000 / ROUNDS;
  let done = 0;
  await Promise.all(Array.from({ length: callers }, async () => {
    while (performance.now() < end) await work.operate(store, done++);
  }));
  return done / (performance.now() - start) * 1000;
}

function median(values: readonly number[]): number {
  return [...values].sort((left, right) => left - right)[Math.floor(values.length / 2)] ?? NaN;
}

function row(...[name, callers, ...cells]: readonly string[]): void {
  console.log(name?.padEnd(30), callers?.padStart(3), ...cells.map((cell) => cell.padStart(9)));
}

const silent = { debug() {}, info() {}, warn() {}, error() {} };
const folder = await Deno.makeTempDir({ prefix: "latchkey-bench-" });
const stores = await Promise.all(
  [true, false].map((grouped) =>
    openKvStore(systemEnv(silent), { url: `${folder}/${grouped}.kv`, grouped })
  ),
);
try {
  for (const store of stores) {
    await store.commit({ writes: keys.map((_, n) => writeOf(n)) });
    for (const work of works) await rate(work, store, 16);
  }
  row("operations a second", "c", "shared", "alone", "");
  for (const work of works) {
    for (const callers of work.at) {
      const rates = stores.map((): number[] => []);
      for (let round = 0; round < ROUNDS; round++) {
        for (const [n, store] of stores.entries()) {
          rates[n]?.push(await rate(work, store, callers));
        }
      }
      const [shared = NaN, alone = NaN] = rates.map(median);
      const times = `× ${(shared / alone).toFixed(2)}`;
      row(work.name, `${callers}`, shared.toFixed(0), alone.toFixed(0), times);
    }
  }
} finally {
  for (const store of stores) store.close();
  await Deno.remove(folder, { recursive: true });
}
