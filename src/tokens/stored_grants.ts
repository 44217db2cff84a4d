/** Which grants there are, and how they end: by user, client or session. */

import type { Env } from "../lib/env.ts";
import { LONGEST_ACCESS_TOKEN } from "../oauth/token.ts";
import type { Collections, Found, Read } from "../store/collection.ts";
import { type ListOptions, type Page, pagesOf } from "../store/paging.ts";
import type { Authorization } from "../store/records.ts";
import type { Store } from "../store/store.ts";
import { clientKey } from "./handle.ts";

/** What grants have in common; members that are absent don't matter. */
export interface GrantFilter {
  readonly sub?: string | undefined;
  readonly client_id?: string | undefined;
  readonly sid?: string | undefined;
}

/** A page of the grants that were looked for. */
export interface GrantPage extends Page {
  readonly grants: readonly Authorization[];
}

/** What finding grants needs. */
export interface GrantsServer {
  readonly records: Pick<Collections, "authorization">;
}

/** What ending grants needs. */
export interface RevokingServer {
  readonly env: Pick<Env, "now">;
  readonly records: Pick<Collections, "authorization" | "revoked_client">;
  readonly store: Pick<Store, "commit">;
}

/** The members by which grants are found, the most telling first. */
const MEMBERS = ["sid", "sub", "client_id"] as const;

/** The living grants that match every member of the filter; all where it is empty. A page may hold less than its limit. */
export async function listGrants(
  server: GrantsServer,
  filter: GrantFilter,
  options?: ListOptions,
): Promise<GrantPage> {
  const { found, next } = await matching(server, filter, options);
  return { grants: found.map(({ record }) => record), next };
}

/** The living grant of that name. */
export async function findGrant(
  server: GrantsServer,
  grant_id: string,
): Promise<Authorization | undefined> {
  return await server.records.authorization.get(grant_id);
}

/** Ends a grant with its code and all its tokens, in one commit; answers it, or `undefined` where there was none. */
export async function revokeGrant(
  server: GrantsServer,
  grant_id: string,
): Promise<Authorization | undefined> {
  return await server.records.authorization.take(grant_id);
}

/** How many grants end in one commit: each has at most three index entries. */
const AT_ONCE = 200;

/**
 * Ends all grants that match; with a client alone also the tokens that it got for itself until now. Answers how many
 * grants ended. Throws a `TypeError` for an empty filter.
 */
export async function revokeGrants(server: RevokingServer, filter: GrantFilter): Promise<number> {
  const { sub, client_id, sid } = filter;
  if (sub === undefined && client_id === undefined && sid === undefined) {
    throw new TypeError("a filter names a user, a client or a session");
  }
  if (client_id !== undefined && sub === undefined && sid === undefined) {
    const revoked_at = server.env.now();
    const record = { revoked_at, expires_at: revoked_at + LONGEST_ACCESS_TOKEN };
    await server.records.revoked_client.put(clientKey(client_id), record);
  }
  let ended = 0;
  const pages = pagesOf((after) => matching(server, filter, { limit: AT_ONCE, after }));
  for await (const { found } of pages) {
    const writes = found.flatMap((read) => server.records.authorization.erase(read));
    if (writes.length > 0) await server.store.commit({ writes });
    ended += found.length;
  }
  return ended;
}

async function matching(
  { records: { authorization } }: GrantsServer,
  filter: GrantFilter,
  options?: ListOptions,
): Promise<Found<Authorization>> {
  const member = MEMBERS.find((name) => filter[name] !== undefined);
  const { found, next } = member === undefined
    ? await authorization.list(options)
    : await authorization.find(member, filter[member] ?? "", options);
  const matches = ({ record }: Read<Authorization>) =>
    MEMBERS.every((name) => filter[name] === undefined || record[name] === filter[name]);
  return { found: found.filter(matches), next };
}
