/** How a chain of refresh tokens begins and goes on, and which of its tokens somebody presents (RFC 6749 §6, RFC 9700 §4.14). */

import { equalDigests, fromUtf8, sha256, utf8 } from "../lib/bytes.ts";
import type { Env } from "../lib/env.ts";
import { openSealed, type RefreshingRing } from "../keys/open_sealed.ts";
import type { Client } from "../oauth/client.ts";
import type { RefreshChain } from "../store/records.ts";
import { newHandle, type PresentedHandle, type Seed } from "./handle.ts";

const PURPOSE = "refresh_token";

interface Server {
  readonly env: Pick<Env, "now" | "random">;
  readonly ring: RefreshingRing;
}

/** A refresh token, and the chain as it is to be stored. */
export interface NewRefreshToken {
  readonly token: string;
  readonly chain: RefreshChain;
}

/** What is left of a scope that was granted: a client that may no longer ask for something has it no longer. */
export function scopeLeft(
  client: Pick<Client, "scope">,
  granted: readonly string[],
): readonly string[] {
  return granted.filter((name) => client.scope.includes(name));
}

/** Whether a client may refresh what it has (OpenID Connect Core §11). */
export function mayRefresh(
  { grant_types }: Pick<Client, "grant_types">,
  scope: readonly string[],
): boolean {
  return scope.includes("offline_access") && grant_types.includes("refresh_token");
}

/** The first of a chain; `undefined` where `offline_access` was not granted or the client may not refresh. */
export function firstRefreshToken(
  server: Pick<Server, "env">,
  client: Client,
  seed: Seed,
  scope: readonly string[],
): NewRefreshToken | undefined {
  if (!mayRefresh(client, scope)) return undefined;
  const token = newHandle(server.env, "refresh_token", seed);
  const absolute_expires_at = server.env.now() + client.refresh_token_absolute_lifetime;
  return {
    token,
    chain: {
      sha256: sha256(token),
      generation: 1,
      absolute_expires_at,
      expires_at: lifeEnd(server, client, absolute_expires_at),
      previous: undefined,
    },
  };
}

/** The next of a chain. Where the client has a `refresh_token_grace`, the chain can give it out once more. */
export function successor(
  server: Server,
  client: Client,
  seed: Seed,
  chain: RefreshChain,
): NewRefreshToken {
  const { env, ring } = server;
  const token = newHandle(env, "refresh_token", seed);
  const grace = client.refresh_token_grace;
  return {
    token,
    chain: {
      sha256: sha256(token),
      generation: chain.generation + 1,
      absolute_expires_at: chain.absolute_expires_at,
      expires_at: lifeEnd(server, client, chain.absolute_expires_at),
      previous: grace === 0 ? undefined : {
        sha256: chain.sha256,
        sealed_successor: ring.seal(PURPOSE, utf8(token)),
        honoured_until: env.now() + grace,
      },
    },
  };
}

/** How often, in seconds, a token that stays the same is noted as used; more often only where it ends sooner. */
const NOTED_EVERY = 60;

/** The chain after a use that keeps its token; `undefined` where the last use was noted a moment ago. */
export function prolonged(
  server: Pick<Server, "env">,
  client: Client,
  chain: RefreshChain,
  used_at: number,
): RefreshChain | undefined {
  const every = Math.min(NOTED_EVERY, client.refresh_token_lifetime / 10);
  if (server.env.now() - used_at < every) return undefined;
  return { ...chain, expires_at: lifeEnd(server, client, chain.absolute_expires_at) };
}

/** Whether the token that somebody presents is the one of the chain that is good. */
export function isCurrent(chain: RefreshChain, { sha256 }: PresentedHandle, now: number): boolean {
  return equalDigests(chain.sha256, sha256) && now < chain.expires_at;
}

/**
 * The good token of the chain, for somebody who presents the one before within `refresh_token_grace`: an answer
 * that was lost, or two tabs. `undefined` for everybody else: the chain never forks.
 */
export async function forgiven(
  server: Server,
  { previous, expires_at }: RefreshChain,
  { sha256 }: PresentedHandle,
): Promise<string | undefined> {
  const now = server.env.now();
  if (previous === undefined || now >= previous.honoured_until || now >= expires_at) {
    return undefined;
  }
  if (!equalDigests(previous.sha256, sha256)) return undefined;
  const opened = await openSealed(server.ring, PURPOSE, previous.sealed_successor);
  return opened && fromUtf8(opened);
}

/** When a token ends that was just issued or used; the absolute end counts from the first of the chain. */
function lifeEnd(
  { env }: Pick<Server, "env">,
  client: Client,
  absolute_expires_at: number,
): number {
  return client.refresh_token_expiration === "absolute"
    ? absolute_expires_at
    : Math.min(absolute_expires_at, env.now() + client.refresh_token_lifetime);
}
