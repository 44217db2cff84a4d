/** What codes, tokens and sessions are worth at any moment, by rules in plain memory: what the server is compared with. */

import assert from "node:assert/strict";
import type { Answer } from "./flow.ts";

/** What the rules know of a client. Lifetimes are seconds. */
export interface ClientRules {
  readonly secret?: string;
  readonly reuse?: boolean;
  readonly absolute?: boolean;
  readonly grace?: number;
  readonly reference?: boolean;
  readonly coordinated?: boolean;
  /** Gets tokens for itself. */
  readonly machine?: boolean;
}

const SECRET = "secret-0123456789abcdef";

/** One of every kind: public and confidential, JWTs and references, each way of refreshing. */
export const CLIENTS: Readonly<Record<string, ClientRules>> = {
  rotating: {},
  forgiving: { grace: 20, reference: true },
  lasting: { secret: SECRET, reuse: true },
  fixed: { secret: SECRET, absolute: true, reference: true },
  tied: { grace: 20, coordinated: true },
  bound: { secret: SECRET, reuse: true, reference: true, coordinated: true },
  machine: { secret: SECRET, machine: true },
  robot: { secret: SECRET, machine: true, reference: true },
};

/** Seconds. The same for all clients, so that different ends meet often. */
export const LIFETIME = {
  code: 60,
  access_token: 200,
  refresh_token: 400,
  refresh_token_absolute: 700,
  session_idle: 160,
  session: 1500,
} as const;

/** For so long a device hears that its code has expired. */
const TOLD_FOR = 300;

/** How often at most a use is noted: of a session, of a refresh token that stays the same. */
const NOTED_EVERY = {
  session: Math.min(60, LIFETIME.session_idle / 10),
  refresh_token: Math.min(60, LIFETIME.refresh_token / 10),
} as const;

export interface SessionState {
  readonly user: string;
  readonly sid: string;
  ended: boolean;
  seen_at: number;
  expires_at: number;
  absolute_expires_at: number;
}

export interface GrantState {
  readonly grant_id: string;
  readonly client: string;
  readonly session: number;
  readonly scope: readonly string[];
  /** An authorization code, or that of a device. */
  readonly code: string;
  readonly code_expires_at: number;
  readonly by_device: boolean;
  redeemed: boolean;
  ended: boolean;
  /** When nothing is left that could be used. */
  expires_at: number;
  chain: ChainState | undefined;
}

export interface ChainState {
  /** All of them; the last one is good. */
  readonly tokens: string[];
  noted_at: number;
  expires_at: number;
  readonly absolute_expires_at: number;
  /** Until when the last but one gets the last one. */
  honoured_until: number;
}

export interface TokenState {
  readonly token: string;
  readonly client: string;
  /** `undefined`: a machine's. */
  readonly grant: number | undefined;
  readonly scope: readonly string[];
  readonly iat: number;
  readonly exp: number;
  revoked: boolean;
}

/** All that there is. Plain data, so that a copy can be tried out. */
export interface World {
  now: number;
  readonly users: Record<string, { enabled: boolean }>;
  readonly clients: Record<string, { enabled: boolean; lost: string[] }>;
  readonly sessions: SessionState[];
  readonly grants: GrantState[];
  readonly tokens: TokenState[];
  /** When tokens that a client got for itself were revoked last. */
  readonly revoked: Record<string, number>;
}

/** A world in which nothing has happened. */
export function newWorld(now: number): World {
  const clients = Object.keys(CLIENTS).map((id) => [id, { enabled: true, lost: [] }]);
  return {
    now,
    users: { alice: { enabled: true }, bob: { enabled: true } },
    clients: Object.fromEntries(clients),
    sessions: [],
    grants: [],
    tokens: [],
    revoked: {},
  };
}

/** The rules of a client. */
export function rulesOf(client: string): ClientRules {
  return CLIENTS[client] ?? {};
}

export function isSessionAlive({ now }: World, { ended, expires_at }: SessionState): boolean {
  return !ended && now < expires_at;
}

/** Whether the session is good, which a use keeps from idling out. */
export function useSession(world: World, session: SessionState): boolean {
  if (!isSessionAlive(world, session)) return false;
  if (world.now - session.seen_at >= NOTED_EVERY.session) seeSession(world, session);
  return true;
}

export function seeSession({ now }: World, session: SessionState): void {
  session.seen_at = now;
  session.expires_at = Math.min(session.absolute_expires_at, now + LIFETIME.session_idle);
}

/** Whether the grant stands: says nothing of its person, client and session. */
export function stands({ now }: World, { ended, expires_at }: GrantState): boolean {
  return !ended && now < expires_at;
}

export function sessionOf(world: World, grant: GrantState): SessionState {
  const session = world.sessions[grant.session];
  assert.ok(session !== undefined);
  return session;
}

/** Whether the grant's person may still use the client, and has not logged out of one that goes by that. */
export function mayStillUse(world: World, grant: GrantState): boolean {
  const session = sessionOf(world, grant);
  if (!world.users[session.user]?.enabled || !world.clients[grant.client]?.enabled) return false;
  return !rulesOf(grant.client).coordinated || useSession(world, session);
}

/** Whether a grant goes on when its session is ended by a logout. */
export function outlives({ client, scope, redeemed }: GrantState): boolean {
  return redeemed && scope.includes("offline_access") && !rulesOf(client).coordinated;
}

/** Whether an access token has neither ended nor been revoked. */
export function isTokenGood(world: World, token: TokenState): boolean {
  if (token.revoked || world.now >= token.exp) return false;
  const grant = grantOf(world, token);
  return grant === undefined
    ? token.iat > (world.revoked[token.client] ?? -Infinity)
    : stands(world, grant);
}

/** Whether an access token is accepted. */
export function isTokenAccepted(world: World, token: TokenState): boolean {
  if (!isTokenGood(world, token) || !world.clients[token.client]?.enabled) return false;
  const grant = grantOf(world, token);
  return grant === undefined || mayStillUse(world, grant);
}

export function grantOf(world: World, { grant }: TokenState): GrantState | undefined {
  return grant === undefined ? undefined : world.grants[grant];
}

/** What of a grant's scope its client may still ask for. */
export function aliveScope(world: World, { client, scope }: GrantState): readonly string[] {
  return scope.filter((name) => !world.clients[client]?.lost.includes(name));
}

/** Checks an answer of the token endpoint to the use of a code; `client` is who uses it. */
export function judgeRedemption(
  world: World,
  index: number,
  { client, wrong }: { readonly client: string; readonly wrong: boolean },
  answer: Answer,
): void {
  const grant = world.grants[index]!;
  if (!world.clients[client]?.enabled) return refused(answer, "invalid_client");
  if (grant.by_device) {
    const untold = world.now >= grant.code_expires_at + TOLD_FOR;
    if (untold || grant.client !== client) return refused(answer);
    if (world.now >= grant.code_expires_at) return refused(answer, "expired_token");
    if (!stands(world, grant) || grant.redeemed) return refused(answer);
  } else {
    if (!stands(world, grant)) return refused(answer);
    if (grant.redeemed || wrong || grant.client !== client) {
      grant.ended = true;
      return refused(answer);
    }
  }
  if (!mayStillUse(world, grant)) return refused(answer);
  const scope = aliveScope(world, grant);
  const { token } = noteToken(world, grant.client, index, scope, answer);
  const refresh_token = answer.body["refresh_token"];
  assert.equal(typeof refresh_token, scope.includes("offline_access") ? "string" : "undefined");
  grant.redeemed = true;
  grant.expires_at = world.now + LIFETIME.access_token;
  if (typeof refresh_token !== "string") return;
  assert.notEqual(refresh_token, token);
  const absolute_expires_at = world.now + LIFETIME.refresh_token_absolute;
  const chain = {
    tokens: [refresh_token],
    noted_at: world.now,
    expires_at: lifeEnd(world, grant, absolute_expires_at),
    absolute_expires_at,
    honoured_until: 0,
  };
  grant.chain = chain;
  grant.expires_at = grantEnd(chain);
}

/** Checks an answer of the token endpoint to the use of a refresh token. */
export function judgeRefresh(
  world: World,
  index: number,
  { token, client, narrowed }: {
    readonly token: string;
    readonly client: string;
    readonly narrowed: readonly string[] | undefined;
  },
  answer: Answer,
): void {
  const grant = world.grants[index]!;
  const { chain } = grant;
  if (!world.clients[client]?.enabled) return refused(answer, "invalid_client");
  if (!stands(world, grant) || chain === undefined) return refused(answer);
  if (grant.client !== client) return refused(answer);
  const { reuse, grace = 0 } = rulesOf(client);
  const current = chain.tokens.at(-1);
  const forgiven = token === chain.tokens.at(-2) &&
    world.now < Math.min(chain.honoured_until, chain.expires_at);
  if (token !== current && !forgiven) {
    grant.ended = true;
    return refused(answer);
  }
  if (world.now >= chain.expires_at) return refused(answer);
  if (!mayStillUse(world, grant)) return refused(answer);
  const alive = aliveScope(world, grant);
  if (!alive.includes("offline_access")) return refused(answer);
  if (narrowed?.some((name) => !alive.includes(name))) return refused(answer, "invalid_scope");
  noteToken(world, client, index, narrowed ?? alive, answer);
  const next = answer.body["refresh_token"];
  if (forgiven) return assert.equal(next, current, "the very same successor");
  if (reuse) {
    assert.equal(next, token, "the very same token");
    if (world.now - chain.noted_at < NOTED_EVERY.refresh_token) return;
  } else {
    assert.ok(typeof next === "string" && !chain.tokens.includes(next), "another token");
    chain.tokens.push(next);
    chain.honoured_until = world.now + grace;
  }
  chain.noted_at = world.now;
  chain.expires_at = lifeEnd(world, grant, chain.absolute_expires_at);
  grant.expires_at = Math.max(grant.expires_at, grantEnd(chain));
}

/** Checks an answer that brings an access token, and notes it. */
export function noteToken(
  world: World,
  client: string,
  grant: number | undefined,
  scope: readonly string[],
  { status, body }: Answer,
): TokenState {
  assert.equal(status, 200, JSON.stringify(body));
  const { access_token, expires_in, id_token } = body;
  assert.equal(body["scope"], scope.join(" "));
  assert.equal(expires_in, LIFETIME.access_token);
  assert.equal(typeof id_token, scope.includes("openid") ? "string" : "undefined");
  assert.ok(typeof access_token === "string");
  assert.equal(access_token.startsWith("at_"), rulesOf(client).reference ?? false);
  assert.ok(world.tokens.every(({ token }) => token !== access_token), "a token of its own");
  const [iat, exp] = [world.now, world.now + LIFETIME.access_token];
  const token = { token: access_token, client, grant, scope, iat, exp, revoked: false };
  world.tokens.push(token);
  return token;
}

/** Checks that a request was refused with this error (RFC 6749 §5.2). */
export function refused({ status, body }: Answer, error = "invalid_grant"): void {
  const expected = error === "invalid_client" ? 401 : 400;
  assert.deepEqual([status, body["error"]], [expected, error]);
}

/** After the last access token that a chain can bring, at the next full hour. */
function grantEnd({ expires_at }: { readonly expires_at: number }): number {
  return Math.ceil((expires_at + LIFETIME.access_token) / 3600) * 3600;
}

function lifeEnd({ now }: World, { client }: GrantState, absolute_expires_at: number): number {
  return rulesOf(client).absolute
    ? absolute_expires_at
    : Math.min(absolute_expires_at, now + LIFETIME.refresh_token);
}
