/** Whether a changed folder of keys is taken over once it is whole, and reported once where it can't be used. */

import assert from "node:assert/strict";
import { openKeys } from "../../src/keys/keys.ts";
import { looker, watchForever } from "../../src/keys/watch.ts";
import { keysServer } from "../support/keys_server.ts";
import { pem, privateJwk } from "../support/signing_keys.ts";

const es256 = pem(await privateJwk("ES256"));
const eddsa = pem(await privateJwk("EdDSA"));
const es384 = pem(await privateJwk("ES384"));
const es512 = pem(await privateJwk("ES512"));

interface Watched {
  readonly directory: string;
  /** Looks at the folder; whenever it waits, the next of these is done. */
  look(...meanwhile: (() => Promise<unknown>)[]): Promise<void>;
  algorithms(): readonly string[];
  write(name: string, text: string): Promise<void>;
  /** Event and problems of what was logged since the last time. */
  logged(): unknown[];
}

async function withWatched(test: (watched: Watched) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  const directory = `${folder}/keys`;
  await Deno.mkdir(directory);
  const write = (name: string, text: string) =>
    Deno.writeTextFile(`${directory}/${name}`, text, { mode: 0o600 });
  try {
    await write("a.pem", es256);
    const server = keysServer();
    const config = { keys: { directory } };
    const required = [{ path: ["tokens"], algorithm: "ES256" as const }];
    const keys = await openKeys(server, config.keys, required);
    const acts: (() => Promise<unknown>)[] = [];
    const env = { ...server.env, sleep: async () => void await acts.shift()?.() };
    const look = looker(new AbortController().signal);
    let read = server.env.events.length;
    await test({
      directory,
      async look(...meanwhile) {
        acts.push(...meanwhile);
        await look({ env, config, keys });
        assert.equal(acts.length, 0, "it waited less often");
      },
      algorithms: () => keys.algorithms,
      write,
      logged() {
        const events = server.env.events.slice(read);
        read = server.env.events.length;
        return events.map(({ message, members }) =>
          [message, ...(members["problems"] ?? members["kids"]) as string[]].map((text) =>
            text.replaceAll(`${directory}/`, "")
          )
        );
      },
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("keys.reloaded: a key that came, one that went and nothing else are taken over", async () => {
  await withWatched(async ({ directory, look, algorithms, write, logged }) => {
    await look();
    assert.deepEqual(logged(), []);
    await write("b.pem", eddsa);
    await write("notes.txt", "hunter2");
    await look();
    assert.deepEqual(algorithms(), ["ES256", "EdDSA"]);
    const [event] = logged() as string[][];
    assert.deepEqual([event?.[0], event?.length], ["keys.reloaded", 3]);
    await Deno.remove(`${directory}/b.pem`);
    await look();
    assert.deepEqual(algorithms(), ["ES256"]);
    assert.equal(logged().length, 1);
    // What changes no key is nothing to speak of.
    await write("a.pem", `${es256}\n`);
    await write("notes.txt", "");
    await look();
    assert.deepEqual(logged(), []);
  });
});

Deno.test("keys.reload_failed: is said once for a content, and the keys stay until it is mended", async () => {
  await withWatched(async ({ directory, look, algorithms, write, logged }) => {
    await write("b.pem", "hunter2");
    await write("c.pem", es384);
    const wanted = [["keys.reload_failed", "b.pem: not a PEM file (BEGIN PRIVATE KEY)"]];
    await look();
    assert.deepEqual(logged(), wanted);
    assert.deepEqual(algorithms(), ["ES256"]);
    await look();
    await write("b.pem", "hunter2 again");
    await look();
    assert.deepEqual(logged(), []);
    await write("b.pem", "");
    await look();
    assert.deepEqual(logged(), [["keys.reload_failed", "b.pem: empty"]]);
    await write("b.pem", eddsa);
    await look();
    assert.deepEqual(algorithms(), ["ES256", "ES384", "EdDSA"]);
    assert.equal((logged() as string[][])[0]?.[0], "keys.reloaded");
    // The same again is news.
    await write("b.pem", "");
    await look();
    assert.deepEqual(logged(), [["keys.reload_failed", "b.pem: empty"]]);
    await Deno.chmod(`${directory}/a.pem`, 0o644);
    await write("b.pem", eddsa);
    await look();
    assert.deepEqual(logged(), [[
      "keys.reload_failed",
      "a.pem: others than its owner may use it (mode 0644); chmod 600 it",
    ]]);
    await Deno.chmod(`${directory}/a.pem`, 0o600);
    await look();
    assert.deepEqual(logged(), []);
    assert.deepEqual(algorithms(), ["ES256", "ES384", "EdDSA"]);
  });
});

Deno.test("keys.reload_failed: a required algorithm would lose its key, or the folder is away", async () => {
  await withWatched(async ({ directory, look, algorithms, logged }) => {
    await Deno.rename(`${directory}/a.pem`, `${directory}/a.away`);
    await look();
    assert.match(String(logged()), /keys\.reload_failed,.*no \*\.pem or \*\.json here/);
    await Deno.writeTextFile(`${directory}/b.pem`, eddsa, { mode: 0o600 });
    await look();
    assert.deepEqual(logged(), [[
      "keys.reload_failed",
      "tokens: no key signs with ES256",
    ]]);
    await Deno.rename(directory, `${directory}.away`);
    await look();
    assert.match(String(logged()), /keys\.reload_failed,.*can't be read: No such file/);
    assert.deepEqual(algorithms(), ["ES256"]);
    await Deno.rename(`${directory}.away`, directory);
    await Deno.rename(`${directory}/a.away`, `${directory}/a.pem`);
    await look();
    assert.deepEqual(algorithms(), ["ES256", "EdDSA"]);
  });
});

Deno.test("keys.reload_failed: a file that is not written to its end yet is waited for", async () => {
  await withWatched(async ({ look, algorithms, write, logged }) => {
    await look();
    await write("b.pem", eddsa.slice(0, 40));
    await look(
      () => write("b.pem", eddsa.slice(0, 60)),
      () => write("b.pem", eddsa.slice(0, 80)),
      // Now it was left alone for a while, and is read …
      () => Promise.resolve(),
      // … in vain; before that is said it is read again.
      () => write("b.pem", eddsa),
    );
    assert.deepEqual(logged(), []);
    await look();
    assert.deepEqual(algorithms(), ["ES256", "EdDSA"]);
    assert.equal(logged().length, 1);
  });
});

Deno.test("keys.reloaded: all files are exchanged at once by a link, as Kubernetes does it", async () => {
  await withWatched(async ({ directory, look, algorithms }) => {
    const put = async (version: string, files: Record<string, string>) => {
      await Deno.mkdir(`${directory}/..${version}`);
      for (const [name, text] of Object.entries(files)) {
        await Deno.writeTextFile(`${directory}/..${version}/${name}`, text, { mode: 0o600 });
      }
      await Deno.symlink(`..${version}`, `${directory}/..data_tmp`);
      await Deno.rename(`${directory}/..data_tmp`, `${directory}/..data`);
    };
    await put("1", { "b.pem": eddsa });
    await Deno.symlink("..data/b.pem", `${directory}/b.pem`);
    await look();
    assert.deepEqual(algorithms(), ["ES256", "EdDSA"]);
    await put("2", { "b.pem": es384 });
    await look();
    assert.deepEqual(algorithms(), ["ES256", "ES384"]);
  });
});

Deno.test("watchForever: hears of a change in the folder of the moment, and of another folder in its place", async () => {
  const folder = await Deno.makeTempDir();
  // At one stroke: a half-written file would be told of on the way.
  const write = async (path: string, text: string) => {
    await Deno.writeTextFile(`${folder}/.new`, text, { mode: 0o600 });
    await Deno.rename(`${folder}/.new`, `${folder}/${path}`);
  };
  const stop = new AbortController();
  try {
    for (const name of ["one", "two"]) {
      await Deno.mkdir(`${folder}/${name}`);
      await write(`${name}/a.pem`, es256);
    }
    await Deno.mkdir(`${folder}/one/..1`);
    await Deno.mkdir(`${folder}/one/..2`);
    await write("one/..1/c.pem", es384);
    await write("one/..2/c.pem", es512);
    await Deno.symlink("..1", `${folder}/one/..data`);
    const server = keysServer();
    // It never looks without being told, and waits for nothing once it is.
    let heard = Promise.withResolvers<void>();
    let idle = Promise.withResolvers<void>();
    const sleep = async (milliseconds: number, signal?: AbortSignal) => {
      if (milliseconds < 3000) return;
      idle.resolve();
      await new Promise<void>((resolve) => {
        if (signal?.aborted) resolve();
        signal?.addEventListener("abort", () => resolve(), { once: true });
        wake = resolve;
      });
      heard.resolve();
    };
    let wake = () => {};
    const env = { ...server.env, sleep };
    const at = async (directory: string) => {
      const config = { keys: { directory: `${folder}/${directory}` } };
      return { env, config, keys: await openKeys(server, config.keys) };
    };
    let current = await at("one");
    const over = watchForever(() => current, () => {}, stop.signal);
    const after = async (act: () => Promise<unknown>) => {
      await idle.promise;
      [heard, idle] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      await act();
      await heard.promise;
      await idle.promise;
    };
    await after(() => write("one/b.pem", eddsa));
    assert.deepEqual(current.keys.algorithms, ["ES256", "EdDSA"]);
    // All at once by another link, as Kubernetes does it.
    await after(() => Deno.symlink("..data/c.pem", `${folder}/one/c.pem`));
    assert.deepEqual(current.keys.algorithms, ["ES256", "ES384", "EdDSA"]);
    await Deno.symlink("..2", `${folder}/.link`);
    await after(() => Deno.rename(`${folder}/.link`, `${folder}/one/..data`));
    assert.deepEqual(current.keys.algorithms, ["ES256", "ES512", "EdDSA"]);
    current = await at("two");
    await after(() => Promise.resolve(wake()));
    await after(() => write("two/b.pem", es384));
    assert.deepEqual(current.keys.algorithms, ["ES256", "ES384"]);
    await after(async () => {
      await Deno.rename(`${folder}/one`, `${folder}/three`);
      await Deno.rename(`${folder}/two`, `${folder}/one`);
      await Deno.rename(`${folder}/three`, `${folder}/two`);
    });
    // The folder of that name is another now, which may be heard of in several steps.
    while (!current.keys.algorithms.includes("EdDSA")) {
      await after(() => write("two/c.txt", "").then(() => wake()));
    }
    stop.abort();
    await over;
  } finally {
    stop.abort();
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("looker: a folder in which nothing has changed is not read again, and one that has is, once", async () => {
  await withWatched(async ({ directory, write }) => {
    const server = keysServer();
    const keys = await openKeys(server, { directory });
    let reads = 0;
    const counted = {
      list: () => keys.list(),
      reload() {
        reads++;
        return keys.reload();
      },
    };
    const look = looker(new AbortController().signal);
    const env = { ...server.env, sleep: () => Promise.resolve() };
    const looked = async () => {
      for (let turn = 0; turn < 3; turn++) {
        await look({ env, config: { keys: { directory } }, keys: counted });
      }
      return reads;
    };
    assert.equal(await looked(), 1);
    await write("b.pem", eddsa);
    assert.equal(await looked(), 2);
    // What can't be used is read twice, and no more until it is another.
    await write("b.pem", "");
    assert.equal(await looked(), 4);
  });
});
