/** What a person has allowed a client, and for how long that is remembered. */

import type { Env } from "../lib/env.ts";
import type { AuthorizationRequest } from "../oauth/authorization_request.ts";
import { type Client, isConfidential } from "../oauth/client.ts";
import type { Collections } from "../store/collection.ts";

interface Server {
  readonly env: Pick<Env, "now">;
  readonly records: Pick<Collections, "consent">;
}

/**
 * Whether the person need not be asked: a first-party client, or an earlier answer that covers every scope.
 * OpenID Connect Core §11: for `offline_access` too, the operator's word or the person's own remembered one is enough.
 */
export async function isAllowed(
  server: Server,
  client: Client,
  sub: string,
  { scope, redirect_uri }: Pick<AuthorizationRequest, "scope" | "redirect_uri">,
): Promise<boolean> {
  if (!client.require_consent) return true;
  if (!mayRemember(client, redirect_uri)) return false;
  const consent = await server.records.consent.get(consentId(sub, client.client_id));
  return consent !== undefined && scope.every((name) => consent.scope.includes(name));
}

/** Whether an answer that goes to this redirect URI may be remembered. */
export function mayRemember(client: Client, redirect_uri: string): boolean {
  // RFC 8252 §8.6: any app can claim a loopback port or a scheme, so its person is asked each time
  return client.allow_remember_consent &&
    (isConfidential(client) || redirect_uri.startsWith("https:"));
}

/** Remembers an answer, beside what was allowed before. */
export async function rememberConsent(
  server: Server,
  client: Client,
  sub: string,
  scope: readonly string[],
): Promise<void> {
  const now = server.env.now();
  const expires_at = client.consent_lifetime === undefined
    ? undefined
    : now + client.consent_lifetime;
  await server.records.consent.update(consentId(sub, client.client_id), (before) => ({
    client_id: client.client_id,
    sub,
    scope: [...new Set([...before?.scope ?? [], ...scope])],
    created_at: now,
    expires_at,
  }));
}

function consentId(sub: string, client_id: string): string {
  return `${sub}\0${client_id}`;
}
