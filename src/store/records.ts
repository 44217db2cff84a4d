/** The whole data model: what is kept in the store, and how each kind is named. */

/** What every record has. Times are NumericDates (seconds). */
export interface Expiring {
  /** From this second on the record is dead, whatever the store still returns; `undefined` lives until deleted. */
  readonly expires_at: number | undefined;
}

/** The family: all that one user (or none: a machine) granted one client in one go. Every token names it; deleting it ends them all. */
export interface Authorization extends Expiring {
  readonly client_id: string;
  readonly sub: string;
  readonly sid: string;
  readonly scope: readonly string[];
  readonly resource: readonly string[];
  readonly auth_time: number;
  readonly amr: readonly string[];
  readonly created_at: number;
}

/** An authorization code (RFC 6749 §4.1.2), or once `spent` its tombstone. */
export interface AuthorizationCode extends Expiring {
  readonly spent: boolean;
  readonly authorization: string;
  readonly client_id: string;
  /** As the authorization request gave it; `undefined` where it relied on the only registered one. */
  readonly redirect_uri: string | undefined;
  readonly code_challenge: string | undefined;
  readonly nonce: string | undefined;
}

/** A refresh token (RFC 6749 §6), or once `spent` its tombstone. */
export interface RefreshToken extends Expiring {
  readonly spent: boolean;
  readonly authorization: string;
  readonly client_id: string;
  /** 1 for the first of a chain, one more at every rotation. */
  readonly generation: number;
  /** When the chain ends however often it is used. */
  readonly absolute_expires_at: number;
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
  /** When it ends however busy it is. */
  readonly absolute_expires_at: number;
}

/** What a user has allowed a client, remembered. One for each user and client. */
export interface Consent extends Expiring {
  readonly client_id: string;
  readonly sub: string;
  readonly scope: readonly string[];
  readonly created_at: number;
}

/** A value that was used and may not be used again (`jti`). */
export type Replay = Expiring;

/** The `jti` of an access token that was revoked before its end. */
export type RevokedToken = Expiring;

/** Tries that were made, for throttling. */
export interface Throttle extends Expiring {
  readonly tries: number;
  readonly last_at: number;
}

/** A key that the server made for itself, sealed with purpose `signing_key`. */
export interface ManagedKey extends Expiring {
  readonly kid: string;
  readonly alg: string;
  readonly created_at: number;
  /** The private JWK as JSON, sealed. */
  readonly sealed_jwk: Uint8Array;
}

/** The data protection ring where configuration names none: raw 256-bit keys, newest first. */
export interface StoredRing extends Expiring {
  readonly keys: readonly Uint8Array[];
}

/** Every kind of record by its name in the store. */
export interface Records {
  authorization: Authorization;
  code: AuthorizationCode;
  refresh_token: RefreshToken;
  interaction: Interaction;
  session: Session;
  consent: Consent;
  replay: Replay;
  revoked_token: RevokedToken;
  throttle: Throttle;
  signing_key: ManagedKey;
  ring: StoredRing;
}

/** What the handles of each kind begin with; kinds without one are found by other people's values. */
export const HANDLE_PREFIX = {
  authorization: "az_",
  code: "ac_",
  refresh_token: "rt_",
  interaction: "ia_",
  session: "se_",
} as const satisfies Partial<Record<keyof Records, string>>;
