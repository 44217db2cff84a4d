/** The whole data model: what is kept in the store, and how each kind is named. */

import type { ClaimsRequest } from "../oauth/claims_request.ts";
import type { SigningAlgorithm } from "../oauth/client.ts";
import type { PolledDevice } from "../oauth/device_poll.ts";

/** What every record has. Times are NumericDates (seconds). */
export interface Expiring {
  /** From this second on the record is dead, whatever the store still returns; `undefined` lives until deleted. */
  readonly expires_at: number | undefined;
}

/** Whether a record has not ended yet. */
export function isAlive({ expires_at }: Expiring, now: number): boolean {
  return expires_at === undefined || now < expires_at;
}

/**
 * The family: all that one person granted one client in one go. Every code and token names it, and is good only
 * as long as it stands: deleting it ends them all at once, whatever their number.
 */
export interface Authorization extends Expiring {
  /** Its public name: what precedes every `jti`, and what people revoke it by. Nothing can be had for it. */
  readonly grant_id: string;
  readonly client_id: string;
  readonly sub: string;
  readonly sid: string;
  readonly scope: readonly string[];
  readonly resource: readonly string[];
  readonly auth_time: number;
  readonly amr: readonly string[];
  /** What the login reached (OpenID Connect Core §2); `undefined` where the configuration has no ladder. */
  readonly acr: string | undefined;
  /** Claims that were asked for one by one (OpenID Connect Core §5.5). */
  readonly claims: ClaimsRequest | undefined;
  /** In which languages, the best first (OpenID Connect Core §5.2). */
  readonly claims_locales: readonly string[];
  readonly created_at: number;
  /** When tokens were issued for it last. */
  readonly used_at: number;
  /** The code that it began with (RFC 6749 §4.1.2, RFC 8628 §3.2); `undefined` once that was redeemed. */
  readonly code: PendingCode | undefined;
  /** Where its refresh tokens have got to (RFC 6749 §6); `undefined` where it has none. */
  readonly refresh_token: RefreshChain | undefined;
  /** The end of the code while that waits; then of the last token that can follow from it. */
  readonly expires_at: number;
}

/** A code that waits to be redeemed: an authorization code, or that of a device whose person has said yes. */
export interface PendingCode {
  readonly kind: "code" | "device_code";
  /** Its SHA-256. */
  readonly sha256: Uint8Array;
  /** As the authorization request gave it; `undefined` where it relied on the only registered one. */
  readonly redirect_uri: string | undefined;
  readonly code_challenge: string | undefined;
  readonly nonce: string | undefined;
  /** Its end, where the grant lives longer because tokens were issued with it (OpenID Connect Core §3.3). */
  readonly expires_at: number;
}

/** A chain of refresh tokens, of which one at a time is good. All earlier ones are known by not being it. */
export interface RefreshChain {
  /** The SHA-256 of the one that is good. */
  readonly sha256: Uint8Array;
  /** Which one that is: 1 for the first of the chain, one more at every rotation. */
  readonly generation: number;
  /** When it ends unless it is used; never after `absolute_expires_at`. */
  readonly expires_at: number;
  /** When the chain ends however often it is used: it counts from the first. */
  readonly absolute_expires_at: number;
  /** The one before, where a second use of it is forgiven for a while. */
  readonly previous: SpentRefreshToken | undefined;
}

/** A refresh token that has just been rotated. */
export interface SpentRefreshToken {
  /** Its SHA-256. */
  readonly sha256: Uint8Array;
  /** The token that replaced it, sealed with purpose `refresh_token`. */
  readonly sealed_successor: Uint8Array;
  /** Until when a second use gets that one. */
  readonly honoured_until: number;
}

/** A reference token: what its JWT form would say, as far as the grant and the configuration don't say it. */
export interface AccessToken extends Expiring {
  /** The family; `undefined` where a client got it for itself. */
  readonly grant_id: string | undefined;
  readonly client_id: string;
  readonly scope: readonly string[];
  readonly aud: readonly string[];
  readonly iat: number;
  readonly expires_at: number;
}

/** That all tokens which a client got for itself are dead, up to a moment. */
export interface RevokedClient extends Expiring {
  readonly revoked_at: number;
}

/** A paused authorization request, waiting for a person. */
export interface Interaction extends Expiring {
  /** The validated request as JSON, sealed with purpose `interaction`. See `AuthorizationRequest`. */
  readonly sealed_request: Uint8Array;
  /** SHA-256 (hex) of the browser cookie that may continue it; `undefined` until a browser has claimed it. */
  readonly browser: string | undefined;
  /** The `sid` of a login that was made for this request. */
  readonly authenticated: string | undefined;
  /** The `sid` of the session that was chosen for this request. */
  readonly selected: string | undefined;
  /** The `sub` of the person who has allowed this request. */
  readonly consented: string | undefined;
  /** When it ends however often its person comes back. */
  readonly absolute_expires_at: number;
  /** When it ends unless its person does something. */
  readonly expires_at: number;
}

/** A validated request that its client has pushed (RFC 9126), until it is answered. */
export interface PushedRequest extends Expiring {
  readonly client_id: string;
  /** The request as JSON, sealed with purpose `pushed_request`. See `AuthorizationRequest`. */
  readonly sealed_request: Uint8Array;
  /** Until when a browser may begin with it. */
  readonly usable_until: number;
  /** The same; once a browser has begun, when whatever it began ends at the latest. */
  readonly expires_at: number;
}

/** A device that waits for its person (RFC 8628), under the name of the grant that it gets. */
export interface DeviceAuthorization extends Expiring, PolledDevice {
  /** The SHA-256 of the device code. */
  readonly sha256: Uint8Array;
  readonly client_id: string;
  readonly scope: readonly string[];
  readonly resource: readonly string[];
  /** From where the device asked: a network address, IPv6 as its /64. */
  readonly address: string;
  readonly created_at: number;
  /** Some time after the end of the code: until then whoever polls hears what became of it. */
  readonly expires_at: number;
}

/** What a person types in to find a device authorization; gone once that is decided. */
export interface UserCode extends Expiring {
  readonly grant_id: string;
  readonly expires_at: number;
}

/** A login in one browser, behind an opaque cookie. */
export interface Session extends Expiring {
  /** The public name of the session (`sid` in tokens); stays when the same person logs in again. */
  readonly sid: string;
  readonly sub: string;
  readonly auth_time: number;
  readonly amr: readonly string[];
  readonly created_at: number;
  readonly seen_at: number;
  /** The clients that have been answered in it, by `client_id`: whoever has to hear of its end. */
  readonly clients: readonly string[];
  /** What the person knows the browser by, such as "Firefox, Linux"; empty where it didn't say. */
  readonly device: string;
  /** When it ends however busy it is. */
  readonly absolute_expires_at: number;
  /** When it ends unless it is used. */
  readonly expires_at: number;
}

/** A client that is still to hear of the end of a session (OpenID Connect Back-Channel Logout §2.5). */
export interface LogoutNotice extends Expiring {
  /** What the logout token is called, however often it is sent. */
  readonly jti: string;
  readonly client_id: string;
  readonly sub: string;
  readonly sid: string;
  readonly created_at: number;
  /** How often it was tried. */
  readonly tries: number;
  /** When it may be tried next: whoever tries moves this ahead first, so that nobody else does at the same time. */
  readonly due_at: number;
  readonly expires_at: number;
}

/** What a user has allowed a client, remembered. One for each user and client. */
export interface Consent extends Expiring {
  readonly client_id: string;
  readonly sub: string;
  /** Each scope once. */
  readonly allowed: readonly AllowedScope[];
}

/** A scope that was allowed. */
export interface AllowedScope {
  readonly scope: string;
  readonly allowed_at: number;
  /** Until when the answer is remembered; `undefined`: for ever. */
  readonly expires_at: number | undefined;
}

/** A value that was used and may not be used again (`jti`). */
export type Replay = Expiring;

/** The `jti` of a JWT access token that was revoked before its end. */
export type RevokedToken = Expiring;

/** What was tried, for throttling. See `throttle.ts`. */
export interface Throttle extends Expiring {
  /** How many tries count at `last_at`; of a rate, not whole ones alone. */
  readonly tries: number;
  readonly last_at: number;
}

/** Which keys the server keeps for itself, and when each does what: one record, so that one commit decides. */
export interface KeySchedule extends Expiring {
  /** In the order in which they were made. Their private members are in `ManagedKey`. */
  readonly keys: readonly ScheduledKey[];
}

/** When a key of the server's own does what. */
export interface ScheduledKey {
  readonly kid: string;
  readonly alg: SigningAlgorithm;
  readonly created_at: number;
  /** From then on it signs, until another one of its algorithm does; before, it is published alone. */
  readonly signs_from: number;
  /** From then on it is gone; `undefined` as long as no other follows it. */
  readonly retires_at: number | undefined;
}

/** A key of the schedule by its `kid`, sealed with purpose `signing_key`. */
export interface ManagedKey extends Expiring {
  readonly kid: string;
  readonly alg: SigningAlgorithm;
  readonly created_at: number;
  /** The private JWK as JSON, sealed. */
  readonly sealed_jwk: Uint8Array;
}

/** The data protection ring that the store keeps: one record, so that one commit decides. */
export interface StoredRing extends Expiring {
  /** In the order in which they were made. */
  readonly keys: readonly StoredRingKey[];
  /** From then on keys of the configuration seal instead, and these open alone; `undefined` as long as there are none. */
  readonly superseded_from: number | undefined;
}

/** A key of the stored ring. */
export interface StoredRingKey {
  /** 256 bits, raw. */
  readonly key: Uint8Array;
  readonly created_at: number;
  /** From then on it seals, until another one does; before, it opens alone. */
  readonly seals_from: number;
  /** The longest, in seconds, that anything lives that was sealed by it. */
  readonly longest_life: number;
}

/** Every kind of record by its name in the store. */
export interface Records {
  authorization: Authorization;
  access_token: AccessToken;
  interaction: Interaction;
  pushed_request: PushedRequest;
  device_authorization: DeviceAuthorization;
  user_code: UserCode;
  session: Session;
  logout_notice: LogoutNotice;
  consent: Consent;
  replay: Replay;
  revoked_token: RevokedToken;
  revoked_client: RevokedClient;
  throttle: Throttle;
  key_schedule: KeySchedule;
  signing_key: ManagedKey;
  ring: StoredRing;
}

/** What the handles of each kind begin with; kinds without one are found by other people's values. */
export const HANDLE_PREFIX = {
  interaction: "ia_",
  pushed_request: "pr_",
  session: "se_",
} as const satisfies Partial<Record<keyof Records, string>>;

/**
 * By which members records are found besides by their ids: each is a secondary index, written and deleted in the
 * commit that writes and deletes its record. For one id these members never change. An entry says nothing but the
 * `expires_at` of its record.
 */
export const INDEXES = {
  authorization: ["sub", "client_id", "sid"],
  session: ["sub", "sid"],
  consent: ["sub", "client_id"],
} as const satisfies { readonly [K in keyof Records]?: readonly (keyof Records[K])[] };

/** The members by which records of a kind are found. */
export type IndexOf<K extends keyof Records> = K extends keyof typeof INDEXES
  ? typeof INDEXES[K][number]
  : never;
