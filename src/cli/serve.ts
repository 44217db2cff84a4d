/** `latchkey serve`: runs the server until it is told to stop. */

import { createApp, createManagementApp } from "../app.ts";
import { loadConfig, type Loaded } from "../config/load.ts";
import { ConfigError, formatProblem, type Problem } from "../config/problem.ts";
import type { Config } from "../config/schema.ts";
import { followChanges } from "../keys/changes.ts";
import { KeyError } from "../keys/keys.ts";
import { MissingKey } from "../keys/required_keys.ts";
import { tendForever } from "../keys/tend.ts";
import { warnForever } from "../keys/warn.ts";
import { watchForever } from "../keys/watch.ts";
import { type Env, type Log, systemEnv } from "../lib/env.ts";
import { openPrometheus } from "../lib/prometheus.ts";
import { PATHS } from "../oauth/metadata.ts";
import { endExpiredForever } from "../login/expired_sessions.ts";
import { deliverForever } from "../login/logout_outbox.ts";
import { createServer, type Server } from "../server.ts";
import { openCollections } from "../store/collection.ts";
import { collectForever, needsCollector } from "../store/collector.ts";
import { openStore } from "../store/open.ts";
import { type Store, StoreError } from "../store/store.ts";
import { command, CONFIG_OPTION, type Io, UsageError } from "./command.ts";
import { configPath } from "./config_path.ts";
import { type Answer, type Listener, ListenError } from "./listen.ts";
import { openListeners } from "./listeners.ts";
import { LOG_FORMATS, openLog } from "./logging.ts";
import { visible } from "./visible.ts";

/** Runs the server. SIGHUP reloads the configuration, SIGTERM and SIGINT stop it gracefully. */
export const serve = command({
  summary: "runs the server",
  details:
    "SIGHUP reloads the configuration; SIGTERM and SIGINT finish what is in flight and stop.",
  options: {
    config: CONFIG_OPTION,
    "log-format": { type: "string", value: "json|text", summary: "how events are logged; json" },
  },
  async run(io, { config: given, "log-format": named = "json" }) {
    const format = LOG_FORMATS.find((one) => one === named);
    if (format === undefined) throw new UsageError("--log-format is json or text");
    const path = await configPath(given, io);
    try {
      return await run(io, openLog(format), path);
    } catch (error) {
      const reasons = reasonsOf(error);
      if (reasons === undefined) throw error;
      for (const reason of reasons) io.complain(visible(reason));
      return 1;
    }
  },
});

async function run(io: Io, log: Log, path: string): Promise<number> {
  const loaded = await loadConfig(path, io.variable);
  const { config, warnings } = loaded;
  const prometheus = config.management && await openPrometheus();
  const env = systemEnv(log, prometheus);
  for (const warning of warnings) warn(env, warning);
  const store = await openStore(env, config.store);
  try {
    let running = await runningOf(env, loaded, store);
    const management = prometheus && createManagementApp(() => running.server, prometheus);
    const listeners = await openListeners(env, config, {
      clients: (request, peer) => running.answer(request, peer),
      management: management && ((request, peer) => management.fetch(request, peer)),
    });
    const look = followChanges(running.server);
    const reload = async () => {
      running = await reloaded(io, env, path, config, store) ?? running;
      look(running.server);
    };
    const background = new AbortController();
    const ours = needsCollector(config.store.url);
    if (ours) collectForever({ env, records: openCollections(store, env) }, background.signal);
    const cost = ours ? "own" : "paid";
    const rounds = Promise.all([
      deliverForever(() => running.server, cost, background.signal),
      endExpiredForever(() => running.server, cost, background.signal),
      tendForever(() => running.server, look, background.signal),
      watchForever(() => running.server, look, background.signal),
      warnForever(() => running.server, background.signal),
    ]);
    const last = { grace: config.shutdown_grace, background, rounds };
    const stopped = untilStopped(env, listeners, reload, last);
    // Not before its signals are listened to: whoever reads this may send one at once.
    io.print(`Latchkey is ready: ${config.issuer} (${config.issuer}${PATHS.openid_configuration})`);
    await stopped;
    return 0;
  } finally {
    store.close();
  }
}

/** A server, and what it answers. */
interface Running {
  readonly server: Server;
  readonly answer: Answer;
}

async function runningOf(
  env: Env,
  { config, locate }: Pick<Loaded, "config" | "locate">,
  store: Store,
): Promise<Running> {
  const server = await createServer(env, config, store).catch((error) => {
    if (!(error instanceof MissingKey)) throw error;
    throw new ConfigError(error.missing.map(({ path, message }) => ({ ...locate(path), message })));
  });
  const app = createApp(server);
  return { server, answer: (request, peer) => app.fetch(request, peer) };
}

/** What runs from now on; `undefined` where the new configuration is broken, so that the old one stays. */
async function reloaded(
  io: Io,
  env: Env,
  path: string,
  running: Config,
  store: Store,
): Promise<Running | undefined> {
  try {
    const { config, warnings, locate } = await loadConfig(path, io.variable);
    for (const warning of warnings) warn(env, warning);
    const fixed = (["issuer", "listen", "management", "store", "shutdown_grace"] as const).filter((
      member,
    ) => JSON.stringify(config[member]) !== JSON.stringify(running[member]));
    if (fixed.length > 0) env.log.warn("config.restart_needed", { members: fixed });
    const { issuer, listen, store: stored } = running;
    const settled = { ...config, issuer, listen, store: stored };
    const next = await runningOf(env, { config: settled, locate }, store);
    env.log.info("config.reloaded");
    return next;
  } catch (error) {
    env.log.error("config.reload_failed", { problems: reasonsOf(error) ?? [String(error)] });
    return undefined;
  }
}

function warn(env: Env, warning: Problem): void {
  env.log.warn("config.warning", { problem: formatProblem(warning) });
}

/** Why the server can't run with what it was given, in lines for people; `undefined` for a failure of ours. */
function reasonsOf(error: unknown): readonly string[] | undefined {
  if (error instanceof ConfigError) return error.problems.map(formatProblem);
  if (error instanceof KeyError || error instanceof MissingKey) return error.problems;
  const outside = error instanceof StoreError || error instanceof ListenError;
  return outside ? [error.message] : undefined;
}

/** Serves until SIGTERM or SIGINT, then ends `background` and finishes what is in flight and what the `rounds` beside it have begun, for at most `grace` seconds. */
async function untilStopped(
  env: Env,
  listener: Listener,
  reload: () => Promise<void>,
  { grace, background, rounds }: {
    readonly grace: number;
    readonly background: AbortController;
    readonly rounds: Promise<unknown>;
  },
): Promise<void> {
  const stop = Promise.withResolvers<void>();
  let reloading = Promise.resolve();
  const listeners: [Deno.Signal, () => void][] = [
    ["SIGTERM", () => stop.resolve()],
    ["SIGINT", () => stop.resolve()],
    ["SIGHUP", () => reloading = reloading.then(reload)],
  ];
  const known = Deno.build.os === "windows" ? listeners.slice(1, 2) : listeners;
  for (const [signal, act] of known) Deno.addSignalListener(signal, act);
  try {
    await Promise.race([stop.promise, listener.finished]).finally(() => background.abort());
    const drained = new AbortController();
    await Promise.race([
      Promise.all([listener.shutdown(), rounds]).finally(() => drained.abort()),
      env.sleep(grace * 1000, drained.signal),
    ]);
    env.log.info("server.stopped");
  } finally {
    for (const [signal, act] of known) Deno.removeSignalListener(signal, act);
  }
}
