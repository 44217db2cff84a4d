/** Two servers that share a file and nothing else, as two processes of a cluster do. */

import { openKvStore } from "../../src/store/kv.ts";
import { type TestEnv, testEnv } from "./env.ts";
import { temporaryFolder } from "./process.ts";
import { type TestServer, testServer, type TestServerOptions } from "./server.ts";

/** The two; each has a connection, keys and records of its own. */
export interface TwoServers extends AsyncDisposable {
  readonly one: TestServer;
  readonly two: TestServer;
}

/** Two servers with one clock, started at once on a new file. */
export async function twoServers(
  { env = testEnv(), ...options }: Omit<TestServerOptions, "env" | "store"> & {
    readonly env?: TestEnv;
  } = {},
): Promise<TwoServers> {
  const folder = await temporaryFolder();
  const open = async () => {
    const store = await openKvStore(env, { url: `${folder.path}/latchkey.kv` });
    return await testServer({ ...options, env, store });
  };
  const [one, two] = await Promise.all([open(), open()]);
  return {
    one,
    two,
    async [Symbol.asyncDispose]() {
      one.store.close();
      two.store.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}
