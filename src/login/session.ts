/** Who is logged in with this browser: sessions at the server behind an opaque cookie. */

import { base64url } from "../lib/bytes.ts";
import type { Env } from "../lib/env.ts";
import type { Read } from "../store/collection.ts";
import type { Session } from "../store/records.ts";
import type { Check, Store, Write } from "../store/store.ts";
import { findSession, idleEnd, seenNow, type SessionServer } from "../tokens/session_lifetime.ts";

interface Server extends SessionServer {
  readonly env: Pick<Env, "now" | "random">;
  readonly store: Pick<Store, "commit">;
}

/** The living session behind a cookie, with a check that it still stands; being read keeps it from idling out. */
export async function readSession(
  server: SessionServer,
  handle: string | undefined,
): Promise<Read<Session> | undefined> {
  if (handle === undefined) return undefined;
  const { session } = server.records;
  const read = await session.read(handle);
  const seen = read && seenNow(server, read.record);
  if (read === undefined || seen === undefined) return read;
  // Whoever was faster has prolonged it too, or ended it.
  await session.replace(read, seen);
  return await session.read(handle);
}

/**
 * What is committed with an answer to a client: that the session still lives, so that nothing is issued in one that has
 * ended, and that this client took part in it, so that it hears of its end.
 */
export function takePart(
  { records: { session } }: Pick<SessionServer, "records">,
  read: Read<Session>,
  client_id: string,
): { readonly check: Check; readonly writes: readonly Write[] } {
  const { record, check } = read;
  const writes = record.clients.includes(client_id)
    ? []
    : session.rewrite(read, { ...record, clients: [...record.clients, client_id] });
  return { check, writes };
}

/** Somebody who has just logged in. */
export interface Login {
  readonly sub: string;
  readonly amr: readonly string[];
  /** What the person knows the browser by. */
  readonly device: string;
}

/** What a login has brought. */
export interface StartedSession {
  /** For the cookie: always a new one, so that a handle known before the login is worth nothing after it. */
  readonly handle: string;
  readonly session: Session;
  /** The session of another person whose place it takes: the caller's to end. */
  readonly left: Session | undefined;
}

/** What a browser brings to a login. */
export interface FormerSession {
  /** From its cookie. */
  readonly handle?: string | undefined;
  /** What stood behind that when the form came in: its name leads to where a faster login has moved it. */
  readonly sid?: string | undefined;
}

/**
 * A new session in place of the browser's former one. The same person keeps the `sid`, and the clients that took part:
 * also where the form was sent twice at the same moment.
 */
export async function startSession(
  server: Server,
  login: Login,
  former: FormerSession = {},
): Promise<StartedSession> {
  const { records, store } = server;
  let { sid } = former;
  for (;;) {
    const before = former.handle === undefined
      ? undefined
      : await records.session.read(former.handle);
    const [moved] = before === undefined && sid !== undefined ? await findSession(server, sid) : [];
    const there = before ?? moved;
    sid = there?.record.sid ?? sid;
    const same = there?.record.sub === login.sub ? there : undefined;
    const session = newSession(server, login, same?.record);
    const handle = records.session.handle();
    const committed = await store.commit({
      checks: same === undefined ? [] : [same.check],
      writes: [
        ...records.session.write(handle, session),
        // What was moved belongs to the other answer, which may be the one that the browser gets to see.
        ...same === undefined || same === moved ? [] : records.session.erase(same),
      ],
    });
    if (committed) {
      return { handle, session, left: same === undefined ? there?.record : undefined };
    }
  }
}

function newSession(
  server: Server,
  { sub, amr, device }: Login,
  same: Session | undefined,
): Session {
  const now = server.env.now();
  const absolute_expires_at = now + server.config.sessions.absolute_lifetime;
  return {
    sid: same?.sid ?? base64url(server.env.random(16)),
    sub,
    amr,
    auth_time: now,
    created_at: same?.created_at ?? now,
    seen_at: now,
    clients: same?.clients ?? [],
    device,
    absolute_expires_at,
    expires_at: idleEnd(server, absolute_expires_at),
  };
}
