/** Which clients have access to a person, and how that ends. */

import type { ClientRegistry } from "../clients/registry.ts";
import type { ScopeCatalog } from "../config/scope_catalog.ts";
import type { Env } from "../lib/env.ts";
import { scopeAsked } from "../oauth/scope_asked.ts";
import { pagesOf } from "../store/paging.ts";
import type { Authorization } from "../store/records.ts";
import {
  type GrantsServer,
  listGrants,
  revokeGrants,
  type RevokingServer,
} from "../tokens/stored_grants.ts";
import { listConsents, type RememberedConsent, withdrawConsents } from "./consent.ts";

type ListingServer =
  & {
    readonly env: Pick<Env, "now">;
    readonly clients: Pick<ClientRegistry, "find">;
    readonly scopes: Pick<ScopeCatalog, "identityClaims">;
  }
  & GrantsServer
  & Parameters<typeof listConsents>[0];

/** A client with access: all its living grants of one person, and the answer that is remembered for it. */
export interface Application {
  readonly client_id: string;
  /** What any of the grants, with the claims that were asked for one by one, or the remembered answer covers. */
  readonly scope: readonly string[];
  /** The earliest that still counts (NumericDate). */
  readonly since: number;
  /** When tokens were issued last (NumericDate); `undefined`: no grant lives, only an answer is remembered. */
  readonly used_at: number | undefined;
  /** Whether it has a refresh token, so that it needs nobody to be there. */
  readonly offline: boolean;
  /** Whether it gets access again without anybody being asked. */
  readonly remembered: boolean;
}

/** The applications of a person, the latest used first. */
export async function listApplications(server: ListingServer, sub: string): Promise<Application[]> {
  const [granted, consents] = await Promise.all([
    fromGrants(server, sub),
    listConsents(server, { sub }),
  ]);
  return byClient([...granted, ...consents.map(fromConsent)]).sort(byUse);
}

/**
 * Ends all access of a client to a person; what there was. The answer goes before the grants: the other way round,
 * a request that comes in between would be granted without anybody being asked.
 */
export async function endApplication(
  server: RevokingServer & Parameters<typeof withdrawConsents>[0],
  { sub, client_id }: { readonly sub: string; readonly client_id: string },
): Promise<{ readonly consents: number; readonly grants: number }> {
  const consents = await withdrawConsents(server, { sub, client_id });
  const grants = await revokeGrants(server, { sub, client_id });
  return { consents, grants };
}

/** Every page of the grants: an application that is not shown can't be ended. No more than a page is held at once. */
async function fromGrants(server: ListingServer, sub: string): Promise<Application[]> {
  const now = server.env.now();
  let all: Application[] = [];
  for await (const { grants } of pagesOf((after) => listGrants(server, { sub }, { after }))) {
    const found = await Promise.all(grants.map((grant) => fromGrant(server, grant, now)));
    all = byClient([...all, ...found]);
  }
  return all;
}

/** One application for each client. */
function byClient(parts: readonly Application[]): Application[] {
  const groups = Map.groupBy(parts, ({ client_id }) => client_id);
  return [...groups.values()].map((group) => group.reduce(merge));
}

async function fromGrant(
  { clients, scopes }: ListingServer,
  grant: Authorization,
  now: number,
): Promise<Application> {
  const { client_id, created_at, used_at, refresh_token } = grant;
  const client = await clients.find(client_id);
  const scope = client === undefined
    ? grant.scope
    : scopeAsked(scopes.identityClaims, client, grant);
  const offline = refresh_token !== undefined && now < refresh_token.expires_at;
  return { client_id, scope, since: created_at, used_at, offline, remembered: false };
}

function fromConsent({ client_id, scope, created_at }: RememberedConsent): Application {
  const never = { used_at: undefined, offline: false };
  return { client_id, scope, since: created_at, ...never, remembered: true };
}

function merge(one: Application, other: Application): Application {
  return {
    client_id: one.client_id,
    scope: [...new Set([...one.scope, ...other.scope])],
    since: Math.min(one.since, other.since),
    used_at: one.used_at === undefined || other.used_at === undefined
      ? one.used_at ?? other.used_at
      : Math.max(one.used_at, other.used_at),
    offline: one.offline || other.offline,
    remembered: one.remembered || other.remembered,
  };
}

/** The latest used first; those that are not in use last; in the same second by name, so that the order holds still. */
function byUse(one: Application, other: Application): number {
  return (other.used_at ?? -1) - (one.used_at ?? -1) || other.since - one.since ||
    (one.client_id < other.client_id ? -1 : 1);
}
