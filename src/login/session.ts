/** Who is logged in with this browser: sessions at the server behind an opaque cookie. */

import { base64url } from "../lib/bytes.ts";
import type { Env } from "../lib/env.ts";
import type { Session } from "../store/records.ts";
import { idleEnd, seenNow, type SessionServer } from "../tokens/session_lifetime.ts";
import type { Store } from "../store/store.ts";

interface Server extends SessionServer {
  readonly env: Pick<Env, "now" | "random">;
  readonly store: Pick<Store, "commit">;
}

/** The living session behind a cookie; being read keeps it from idling out. */
export async function readSession(
  server: SessionServer,
  handle: string | undefined,
): Promise<Session | undefined> {
  if (handle === undefined) return undefined;
  const session = await server.records.session.get(handle);
  if (session === undefined || seenNow(server, session) === undefined) return session;
  return await server.records.session.update(
    handle,
    (current) => current && seenNow(server, current),
  );
}

/**
 * A new session for somebody who has just logged in, and the handle for its cookie: always a new one, so that a
 * handle known before the login is worth nothing after it. The same person keeps the `sid`.
 */
export async function startSession(
  server: Server,
  login: { readonly sub: string; readonly amr: readonly string[] },
  previous: { readonly handle: string; readonly session: Session } | undefined,
): Promise<{ readonly handle: string; readonly session: Session }> {
  const now = server.env.now();
  const absolute_expires_at = now + server.config.sessions.absolute_lifetime;
  const same = previous?.session.sub === login.sub ? previous.session : undefined;
  const session: Session = {
    sid: same?.sid ?? base64url(server.env.random(16)),
    sub: login.sub,
    amr: login.amr,
    auth_time: now,
    created_at: same?.created_at ?? now,
    seen_at: now,
    absolute_expires_at,
    expires_at: idleEnd(server, absolute_expires_at),
  };
  const handle = server.records.session.handle();
  await server.records.session.put(handle, session);
  if (same !== undefined && previous !== undefined) {
    await server.records.session.delete(previous.handle);
  } else if (previous !== undefined) await endSession(server, previous.session.sid);
  return { handle, session };
}

/** The most records that stand for one session, and end in one commit: each has two index entries. */
const MOST_RECORDS = 300;

/** Ends a session: all its records, of which a login that was sent twice leaves one too many. */
async function endSession({ records, store }: Server, sid: string): Promise<void> {
  const { found } = await records.session.find("sid", sid, { limit: MOST_RECORDS });
  const writes = found.flatMap((read) => records.session.erase(read));
  if (writes.length > 0) await store.commit({ writes });
}
