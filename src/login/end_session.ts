/** How a session ends: with what was granted in it, and with the notices by which its clients hear of it. */

import type { ClientRegistry } from "../clients/registry.ts";
import { base64url } from "../lib/bytes.ts";
import type { Env } from "../lib/env.ts";
import type { Client } from "../oauth/client.ts";
import type { Collections, Read } from "../store/collection.ts";
import { pagesOf } from "../store/paging.ts";
import { type Authorization, INDEXES, type LogoutNotice, type Session } from "../store/records.ts";
import { LIMITS, type Store } from "../store/store.ts";
import { findSession } from "../tokens/session_lifetime.ts";

/** What ending a session needs. */
export interface EndingServer {
  readonly env: Pick<Env, "now" | "random">;
  readonly records: Pick<Collections, "authorization" | "logout_notice" | "session">;
  readonly clients: Pick<ClientRegistry, "find">;
  readonly store: Pick<Store, "commit">;
}

/** A session that has ended. */
export interface EndedSession {
  readonly sid: string;
  readonly sub: string;
  /** Every client that was answered in it. */
  readonly clients: readonly string[];
  /** What is still to be sent, one for each client with a `backchannel_logout_uri`. */
  readonly notices: readonly LogoutNotice[];
}

/** How many writes delete a record, with its index entries. */
const WRITES_OF = {
  session: 1 + INDEXES.session.length,
  authorization: 1 + INDEXES.authorization.length,
} as const;

/** How long a notice is kept, in seconds. It is tried for a day; a second one later whoever looks reports that it was given up. */
const NOTICE_LIFETIME = 2 * 86_400;

/**
 * Ends the living session of that name; `undefined` where there is none. Of many callers one ends it, so each client
 * hears of it once. The session, its notices and its grants end in one commit: whoever dies here leaves all or nothing.
 * `claimed_for`: for so many seconds the notices are the caller's to send; then any instance sends what is left.
 */
export async function endSession(
  server: EndingServer,
  sid: string,
  claimed_for: number,
): Promise<EndedSession | undefined> {
  let all: EndedSession | undefined;
  for (;;) {
    const found = await findSession(server, sid);
    if (found.length === 0) return all;
    // However often somebody has logged in at the same moment: nothing of the session is left.
    const ended = await endRecords(server, found.slice(0, LIMITS.checks), claimed_for);
    if (ended !== undefined) all = all === undefined ? ended : together(all, ended);
  }
}

function together(one: EndedSession, other: EndedSession): EndedSession {
  const clients = [...new Set([...one.clients, ...other.clients])];
  return { ...one, clients, notices: [...one.notices, ...other.notices] };
}

/** Ends a session with these records; `undefined` where somebody else has written one of them meanwhile. */
export async function endRecords(
  server: EndingServer,
  found: readonly Read<Session>[],
  claimed_for: number,
): Promise<EndedSession | undefined> {
  const [first] = found;
  if (first === undefined) return undefined;
  const { records, store } = server;
  const { sid, sub } = first.record;
  const clients = [...new Set(found.flatMap(({ record }) => record.clients))];
  const notices = await noticesFor(server, { sid, sub, clients }, claimed_for);
  const most = LIMITS.writes - WRITES_OF.session * found.length;
  const firstNotices = notices.slice(0, most);
  const room = most - firstNotices.length;
  const committed = await store.commit({
    checks: found.map(({ check }) => check),
    writes: [
      ...found.flatMap((read) => records.session.erase(read)),
      ...firstNotices.flatMap((notice) => records.logout_notice.write(notice.jti, notice)),
      ...(await doomedGrants(server, sid)).slice(0, Math.floor(room / WRITES_OF.authorization))
        .flatMap((read) => records.authorization.erase(read)),
    ],
  });
  if (!committed) return undefined;
  // Only somebody who has used about a thousand clients in one session has more.
  for (const notice of notices.slice(most)) await records.logout_notice.put(notice.jti, notice);
  await endGrants(server, sid);
  return { sid, sub, clients, notices };
}

async function noticesFor(
  { env, clients: registry }: EndingServer,
  { sid, sub, clients }: Omit<EndedSession, "notices">,
  claimed_for: number,
): Promise<LogoutNotice[]> {
  const created_at = env.now();
  const found = await Promise.all(clients.map((client_id) => registry.find(client_id)));
  return found.filter((client) => client !== undefined)
    .filter(({ enabled, backchannel_logout_uri }) => enabled && backchannel_logout_uri)
    .map(({ client_id }) => ({
      jti: base64url(env.random(16)),
      client_id,
      sub,
      sid,
      created_at,
      // What is claimed is about to be tried.
      tries: claimed_for > 0 ? 1 : 0,
      due_at: created_at + claimed_for,
      expires_at: created_at + NOTICE_LIFETIME,
    }));
}

/** Ends what was granted while the search went on, or did not fit into the commit; and the codes that wait. */
async function endGrants(server: EndingServer, sid: string): Promise<void> {
  const { records: { authorization }, store } = server;
  const most = Math.floor(LIMITS.writes / WRITES_OF.authorization);
  for (;;) {
    const left = (await doomedGrants(server, sid)).slice(0, most);
    if (left.length === 0) break;
    await store.commit({ writes: left.flatMap((read) => authorization.erase(read)) });
  }
  // What a code would bring says that the session lives. One that is redeemed at this very moment was faster.
  for await (const { found } of pagesOf((after) => authorization.find("sid", sid, { after }))) {
    for (const read of found.filter(({ record }) => record.code !== undefined)) {
      await store.commit({ checks: [read.check], writes: authorization.erase(read) });
    }
  }
}

/** The grants that end with their session, whatever has been got for them. */
async function doomedGrants(
  { records: { authorization }, clients }: EndingServer,
  sid: string,
): Promise<Read<Authorization>[]> {
  const doomed: Read<Authorization>[] = [];
  for await (const { found } of pagesOf((after) => authorization.find("sid", sid, { after }))) {
    for (const read of found) {
      if (!outlives(read.record, await clients.find(read.record.client_id))) doomed.push(read);
    }
  }
  return doomed;
}

/**
 * OpenID Connect Back-Channel Logout §2.7: refresh tokens without `offline_access` end with the session, those with it
 * don't, unless the client has said that its lifetime is that of the session.
 */
function outlives({ scope }: Authorization, client: Client | undefined): boolean {
  return client !== undefined && scope.includes("offline_access") &&
    !client.coordinate_lifetime_with_user_session;
}
