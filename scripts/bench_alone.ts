/** The server with a store in which every read and every commit travels alone: what `bench.ts` compares with. */

import { createApp } from "../src/app.ts";
import { listen } from "../src/cli/listen.ts";
import { openLog } from "../src/cli/logging.ts";
import { loadConfig } from "../src/config/load.ts";
import { systemEnv } from "../src/lib/env.ts";
import { createServer } from "../src/server.ts";
import { openKvStore } from "../src/store/kv.ts";

const [, , folder = ""] = Deno.args;
const env = systemEnv(openLog("json"));
const { config } = await loadConfig(folder, (name) => Deno.env.get(name));
const store = await openKvStore(env, { ...config.store, grouped: false });
const app = createApp(await createServer(env, config, store));
const listener = await listen(env, config.listen, (request, peer) => app.fetch(request, peer));
Deno.addSignalListener("SIGTERM", () => listener.shutdown());
console.log(`ready: ${config.issuer}`);
await listener.finished;
store.close();
Deno.exit();
