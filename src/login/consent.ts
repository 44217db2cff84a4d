/** What a person has allowed a client, and for how long that is remembered. */

import type { Env } from "../lib/env.ts";
import type { AuthorizationRequest } from "../oauth/authorization_request.ts";
import { type Client, isConfidential } from "../oauth/client.ts";
import type { Collections, Read } from "../store/collection.ts";
import { pagesOf } from "../store/paging.ts";
import { type AllowedScope, type Consent, isAlive } from "../store/records.ts";
import type { Check } from "../store/store.ts";

interface Server {
  readonly env: Pick<Env, "now">;
  readonly records: Pick<Collections, "consent">;
}

/** That nobody need be asked. */
export interface Standing {
  /** Holds until the remembered answer changes; absent where none is needed. */
  readonly check?: Check;
}

/**
 * Whether the person need not be asked: a first-party client, or earlier answers that cover every scope.
 * OpenID Connect Core §11: for `offline_access` too, the operator's word or the person's own remembered one is enough.
 */
export async function standingConsent(
  server: Server,
  client: Client,
  sub: string,
  { scope, redirect_uri }: Pick<AuthorizationRequest, "scope" | "redirect_uri">,
): Promise<Standing | undefined> {
  if (!client.require_consent) return {};
  if (!mayRemember(client, redirect_uri)) return undefined;
  const read = await server.records.consent.read(consentId(sub, client.client_id));
  if (read === undefined) return undefined;
  const allowed = scopesOf(read.record, server.env.now());
  return scope.every((name) => allowed.includes(name)) ? { check: read.check } : undefined;
}

/** Whether an answer that goes to this redirect URI may be remembered. */
export function mayRemember(client: Client, redirect_uri: string): boolean {
  // RFC 8252 §8.6: any app can claim a loopback port or a scheme, so its person is asked each time
  return client.allow_remember_consent &&
    (isConfidential(client) || redirect_uri.startsWith("https:"));
}

/** Remembers an answer for exactly these scopes; what was allowed before stays as long as it would have. */
export async function rememberConsent(
  server: Server,
  client: Client,
  sub: string,
  scope: readonly string[],
): Promise<void> {
  const allowed_at = server.env.now();
  const expires_at = client.consent_lifetime && allowed_at + client.consent_lifetime;
  const news = scope.map((name): AllowedScope => ({ scope: name, allowed_at, expires_at }));
  await change(server, client, sub, scope, (others) => [...others, ...news]);
}

/** Forgets earlier answers for these scopes: the person wants to be asked again. */
export async function forgetConsent(
  server: Server,
  client: Client,
  sub: string,
  scope: readonly string[],
): Promise<void> {
  await change(server, client, sub, scope, (others) => others);
}

/** What is remembered of one person and one client. */
export interface RememberedConsent {
  readonly client_id: string;
  readonly sub: string;
  readonly scope: readonly string[];
  /** When the oldest of the answers was given that still count. */
  readonly created_at: number;
}

/** By whom or for what an answer was given. */
export interface ConsentFilter {
  readonly sub?: string | undefined;
  readonly client_id?: string | undefined;
}

/** What is remembered of a person, a client, or of both. Throws a `TypeError` for an empty filter. */
export async function listConsents(
  server: Server,
  filter: ConsentFilter,
): Promise<RememberedConsent[]> {
  const now = server.env.now();
  return (await matching(server, filter)).map(({ record }) => ({
    client_id: record.client_id,
    sub: record.sub,
    scope: scopesOf(record, now),
    created_at: Math.min(...living(record, now).map(({ allowed_at }) => allowed_at)),
  }));
}

/** Forgets all answers of a person, for a client, or both; answers how many consents that were. Throws a `TypeError` for an empty filter. */
export async function withdrawConsents(server: Server, filter: ConsentFilter): Promise<number> {
  const found = await matching(server, filter);
  for (const { record } of found) {
    await server.records.consent.delete(consentId(record.sub, record.client_id));
  }
  return found.length;
}

async function matching(
  { records: { consent } }: Server,
  { sub, client_id }: ConsentFilter,
): Promise<Read<Consent>[]> {
  if (sub !== undefined && client_id !== undefined) {
    const read = await consent.read(consentId(sub, client_id));
    return read === undefined ? [] : [read];
  }
  const [member, value] = sub === undefined
    ? ["client_id", client_id] as const
    : ["sub", sub] as const;
  if (value === undefined) throw new TypeError("a filter names a user or a client");
  const all: Read<Consent>[] = [];
  for await (const { found } of pagesOf((after) => consent.find(member, value, { after }))) {
    all.push(...found);
  }
  return all;
}

/** Replaces what is remembered of some scopes; `next` makes the new list of the other ones. */
async function change(
  { env, records }: Server,
  { client_id }: Client,
  sub: string,
  scope: readonly string[],
  next: (others: readonly AllowedScope[]) => readonly AllowedScope[],
): Promise<void> {
  const id = consentId(sub, client_id);
  await records.consent.update(id, (before) => {
    const others = living(before, env.now()).filter((one) => !scope.includes(one.scope));
    const allowed = next(others);
    if (before === undefined && allowed.length === 0) return undefined;
    const ends = allowed.map(({ expires_at }) => expires_at ?? Infinity);
    const last = Math.max(0, ...ends);
    return { client_id, sub, allowed, expires_at: last === Infinity ? undefined : last };
  });
}

function living(consent: Consent | undefined, now: number): readonly AllowedScope[] {
  return consent?.allowed.filter((one) => isAlive(one, now)) ?? [];
}

function scopesOf(consent: Consent, now: number): string[] {
  return living(consent, now).map(({ scope }) => scope);
}

function consentId(sub: string, client_id: string): string {
  return `${sub}\0${client_id}`;
}
