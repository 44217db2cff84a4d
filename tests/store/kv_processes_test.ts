/** Whether a database file stays right when several processes use it at once, and when one of them is killed. */

import assert from "node:assert/strict";
import { openCollections } from "../../src/store/collection.ts";
import { openKvStore } from "../../src/store/kv.ts";
import { testEnv } from "../support/env.ts";

const SCRIPT = new URL("../support/kv_process.ts", import.meta.url).pathname;
const CONFIG = new URL("../../deno.json", import.meta.url).pathname;

Deno.test("kvStore: two processes that want the same 500 records share them without a failure", async () => {
  await inFolder(async (url) => {
    const env = testEnv();
    const store = await openKvStore(env, { url });
    const { throttle } = openCollections(store, env);
    const ids = Array.from({ length: 500 }, (_, n) => n);
    const record = { tries: 0, last_at: 0, expires_at: undefined };
    await store.commit({ writes: ids.flatMap((id) => throttle.write(`${id}`, record)) });
    store.close();

    const rivals = [spawn("take", url, "500"), spawn("take", url, "500")];
    for (const { lines } of rivals) assert.equal((await lines.next()).value, "ready");
    const taken = await Promise.all(rivals.map(async ({ process, lines }) => {
      const input = process.stdin.getWriter();
      await input.write(new Uint8Array(1));
      await input.close();
      const won = await Array.fromAsync(lines);
      assert.equal((await process.status).code, 0);
      return won.map(Number);
    }));
    assert.ok(taken.every((won) => won.length > 0));
    assert.deepEqual(taken.flat().sort((left, right) => left - right), ids);
  });
});

Deno.test("kvStore: a process that is killed while writing loses nothing that was acknowledged", async () => {
  await inFolder(async (url) => {
    const { process, lines } = spawn("put", url);
    const acknowledged: string[] = [];
    for await (const line of lines) {
      acknowledged.push(line);
      if (acknowledged.length === 1000) process.kill("SIGKILL");
    }
    assert.equal((await process.status).signal, "SIGKILL");
    await process.stdin.close();

    const env = testEnv();
    const store = await openKvStore(env, { url });
    const { throttle } = openCollections(store, env);
    assert.ok(acknowledged.length >= 1000);
    for (const id of acknowledged) {
      assert.equal((await throttle.get(id))?.tries, Number(id));
    }
    store.close();
  });
});

function spawn(...args: string[]) {
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", "--quiet", "--config", CONFIG, SCRIPT, ...args],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  return { process, lines: readLines(process.stdout) };
}

/** The whole lines of a stream; what a killed process has left unfinished is none. */
async function* readLines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}

async function inFolder(use: (url: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await use(`${folder}/test.kv`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
