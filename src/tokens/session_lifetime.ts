/** How long a session lives, and whether what was granted in it lives as long. */

import type { Config } from "../config/schema.ts";
import type { Env } from "../lib/env.ts";
import type { Client } from "../oauth/client.ts";
import type { Collections, Read } from "../store/collection.ts";
import type { Session } from "../store/records.ts";

/** What knowing a session needs. */
export interface SessionServer {
  readonly env: Pick<Env, "now">;
  readonly config: Pick<Config, "sessions">;
  readonly records: Pick<Collections, "session">;
}

/** A session is written for being used at most this often, in seconds; more often only where it idles out sooner. */
const SEEN_EVERY = 60;

/**
 * Whether a token of this session is still good. Always, unless the client's lifetime is coordinated with the
 * session: then the session must live, and using the token keeps it from idling out.
 */
export async function isSessionGood(
  server: SessionServer,
  client: Pick<Client, "coordinate_lifetime_with_user_session">,
  sid: string,
): Promise<boolean> {
  if (!client.coordinate_lifetime_with_user_session) return true;
  const alive = await findSession(server, sid);
  for (const read of alive) {
    const seen = seenNow(server, read.record);
    // Whoever was faster has prolonged it too, or ended it: the next use will tell.
    if (seen !== undefined) await server.records.session.replace(read, seen);
  }
  return alive.length > 0;
}

/**
 * The living records of the session of that name: one, or several where somebody has logged in more than once at the
 * same moment; none where it has ended.
 */
export async function findSession(
  { records: { session } }: Pick<SessionServer, "records">,
  sid: string,
): Promise<readonly Read<Session>[]> {
  const { found } = await session.find("sid", sid);
  // A login may put its session in the place of this one between the steps of a search: a second one finds that.
  return found.length > 0 ? found : (await session.find("sid", sid)).found;
}

/** The session as it stands after a use at this moment; `undefined` where that need not be noted. */
export function seenNow(server: SessionServer, session: Session): Session | undefined {
  const now = server.env.now();
  const every = Math.min(SEEN_EVERY, server.config.sessions.idle_lifetime / 10);
  return now - session.seen_at < every ? undefined : {
    ...session,
    seen_at: now,
    expires_at: idleEnd(server, session.absolute_expires_at),
  };
}

/** When a session ends that is used at this moment and never again. */
export function idleEnd(
  { env, config }: Pick<SessionServer, "env" | "config">,
  absolute_expires_at: number,
): number {
  return Math.min(absolute_expires_at, env.now() + config.sessions.idle_lifetime);
}
