/** What a second process does to a database file: `take` many ids of which others want the same, or `put` without end. */

import { openCollections } from "../../src/store/collection.ts";
import { openKvStore } from "../../src/store/kv.ts";
import { testEnv } from "./env.ts";

const [task, url = "", count = "0"] = Deno.args;
const env = testEnv();
const store = await openKvStore(env, { url });
const { throttle } = openCollections(store, env);

/** Prints a line and waits for it to be out. */
const print = (line: string) => Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));

/** Eight workers, each of which draws the next number until there is none. */
async function work(end: number, step: (n: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < end) await step(next++);
  };
  await Promise.all(Array.from({ length: 8 }, worker));
}

if (task === "take") {
  print("ready");
  await Deno.stdin.read(new Uint8Array(1));
  await work(Number(count), async (n) => {
    if (await throttle.take(`${n}`) !== undefined) print(`${n}`);
  });
  store.close();
} else if (task === "put") {
  await work(Infinity, async (n) => {
    await throttle.put(`${n}`, { tries: n, last_at: 0, expires_at: undefined });
    print(`${n}`);
  });
}
