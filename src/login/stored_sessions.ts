/** Which sessions there are, and how several end: a person's, a client's, or all. */

import type { Collections } from "../store/collection.ts";
import { type ListOptions, type Page, pagesOf } from "../store/paging.ts";
import type { Session } from "../store/records.ts";
import { findSession } from "../tokens/session_lifetime.ts";
import { type EndedSession, type EndingServer, endSession } from "./end_session.ts";

/** What sessions have in common; members that are absent don't matter. */
export interface SessionFilter {
  readonly sub?: string | undefined;
  /** A client that has been answered in them. */
  readonly client_id?: string | undefined;
}

/** A page of the sessions that were looked for. */
export interface SessionPage extends Page {
  readonly sessions: readonly Session[];
}

/** What finding sessions needs. */
export interface SessionsServer {
  readonly records: Pick<Collections, "session">;
}

/**
 * The living sessions that match every member of the filter; all where it is empty. A page may hold less than its
 * limit, and several records of one session: see `mergeSessions`.
 */
export async function listSessions(
  { records: { session } }: SessionsServer,
  { sub, client_id }: SessionFilter,
  options?: ListOptions,
): Promise<SessionPage> {
  const { found, next } = sub === undefined
    ? await session.list(options)
    : await session.find("sub", sub, options);
  const sessions = found.map(({ record }) => record)
    .filter(({ clients }) => client_id === undefined || clients.includes(client_id));
  return { sessions, next };
}

/** All living sessions of a person, the latest used first. */
export async function sessionsOf(server: SessionsServer, sub: string): Promise<Session[]> {
  let all: Session[] = [];
  for await (const { sessions } of pagesOf((after) => listSessions(server, { sub }, { after }))) {
    all = mergeSessions([...all, ...sessions]);
  }
  return all;
}

/** The living session of that name. */
export async function sessionNamed(
  server: SessionsServer,
  sid: string,
): Promise<Session | undefined> {
  return mergeSessions((await findSession(server, sid)).map(({ record }) => record))[0];
}

/** One for each name, the latest used first: somebody who has logged in twice at the same moment left two records. */
export function mergeSessions(records: readonly Session[]): Session[] {
  return [...Map.groupBy(records, ({ sid }) => sid).values()]
    .map((group) => group.reduce(merge))
    .sort((one, other) => other.seen_at - one.seen_at || (one.sid < other.sid ? -1 : 1));
}

function merge(one: Session, other: Session): Session {
  const [older, newer] = one.seen_at <= other.seen_at ? [one, other] : [other, one];
  return { ...newer, clients: [...new Set([...older.clients, ...newer.clients])] };
}

/** So many sessions end at the same moment: each is a few round trips to the store. */
const AT_ONCE = 20;

/** Ends sessions by their names; answers those that this call has ended. `claimed_for` is as in `endSession`. */
export async function endSessions(
  server: EndingServer,
  sids: readonly string[],
  claimed_for: number,
): Promise<EndedSession[]> {
  const left = [...new Set(sids)];
  const ended: EndedSession[] = [];
  const endNext = async () => {
    for (let sid = left.shift(); sid !== undefined; sid = left.shift()) {
      const one = await endSession(server, sid, claimed_for);
      if (one !== undefined) ended.push(one);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, endNext));
  return ended;
}

/** How much has ended. */
export interface EndedCount {
  readonly sessions: number;
  /** What clients are still to hear, sent by any instance that runs. */
  readonly notices: number;
}

/** Ends all sessions that match; every one where the filter is empty. Those that begin meanwhile may live on. */
export async function endMatching(
  server: EndingServer,
  filter: SessionFilter,
): Promise<EndedCount> {
  let [sessions, notices] = [0, 0];
  for await (const page of pagesOf((after) => listSessions(server, filter, { after }))) {
    const ended = await endSessions(server, page.sessions.map(({ sid }) => sid), 0);
    const counts = countOf(ended);
    sessions += counts.sessions;
    notices += counts.notices;
  }
  return { sessions, notices };
}

/** How much these are. */
export function countOf(ended: readonly EndedSession[]): EndedCount {
  return {
    sessions: ended.length,
    notices: ended.reduce((sum, { notices }) => sum + notices.length, 0),
  };
}
