/** How clients hear of a session that ended because nobody used it: any instance finds it, and ends it as a logout does. */

import type { Config } from "../config/schema.ts";
import { repeat } from "../lib/background.ts";
import type { Env } from "../lib/env.ts";
import { pagesOf } from "../store/paging.ts";
import { LIMITS } from "../store/store.ts";
import { type EndingServer, endRecords } from "./end_session.ts";

/** What finding them needs. */
export interface ExpiryServer extends EndingServer {
  readonly env: EndingServer["env"] & Pick<Env, "log" | "sleep">;
  readonly config: Pick<Config, "sessions">;
}

/** Clocks of several instances differ, so a session is left alone for these seconds after its end. */
const LEFT_ALONE = 60;

/** So many sessions are read at once. */
const PAGE = 250;

/** Milliseconds between two pages. A million sessions take less than the ten minutes after which the first may be deleted. */
const PAUSE = 100;

/** Milliseconds between two passes, in a store of our own and in one that has reads paid for. */
const REST = { own: 60_000, paid: 600_000 } as const;

/**
 * Ends sessions that have expired until `signal` aborts, where the configuration wants their clients told
 * (`expired_sessions_trigger_backchannel_logout`): a pass reads every session once. Never rejects.
 */
export async function endExpiredForever(
  current: () => ExpiryServer,
  cost: keyof typeof REST,
  signal: AbortSignal,
): Promise<void> {
  const rounds = { every: REST[cost], signal, failed: "session.expiry_failed" };
  await repeat(current, rounds, async (server) => {
    if (server.config.sessions.expired_sessions_trigger_backchannel_logout) {
      await endExpired(server, signal);
    }
  });
}

/** Looks at every session once, until `signal` aborts. Throws `StoreError`. */
export async function endExpired(server: ExpiryServer, signal?: AbortSignal): Promise<void> {
  const { env, records: { session } } = server;
  const pages = pagesOf((after) => session.list({ limit: PAGE, after, ended: true }));
  for await (const { found, next } of pages) {
    for (const { record } of found) {
      if (record.expires_at + LEFT_ALONE <= env.now()) await endOne(server, record.sid);
    }
    if (next !== undefined) await env.sleep(PAUSE, signal);
    if (signal?.aborted) return;
  }
}

/** Whoever of several instances ends it, one does; a session lives as long as any of its records does. */
async function endOne(server: ExpiryServer, sid: string): Promise<void> {
  const { env, records: { session } } = server;
  if ((await session.find("sid", sid, { limit: LIMITS.checks })).found.length > 0) return;
  const { found } = await session.find("sid", sid, { limit: LIMITS.checks, ended: true });
  const ended = await endRecords(server, found, 0);
  if (ended === undefined) return;
  const { sub, clients } = ended;
  env.log.info("session.ended", { sub, sid, reason: "expired", clients });
}
