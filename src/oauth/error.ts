/** Which errors the protocols know, and the HTTP status of each. */

/** Every error code that the server may answer, with the status that it has outside of a redirect. */
export const ERROR_STATUS = {
  // RFC 6749 §4.1.2.1, §5.2
  invalid_request: 400,
  // RFC 6749 §5.2: 401 is a MUST after an Authorization header; one status for all methods tells nothing of the client
  invalid_client: 401,
  invalid_grant: 400,
  unauthorized_client: 400,
  unsupported_grant_type: 400,
  unsupported_response_type: 400,
  invalid_scope: 400,
  // RFC 8628 §3.5: at the token endpoint as all others
  access_denied: 400,
  server_error: 500,
  temporarily_unavailable: 503,
  // RFC 6750 §3.1
  invalid_token: 401,
  insufficient_scope: 403,
  // RFC 8707 §2
  invalid_target: 400,
  // OpenID Connect Core §3.1.2.6
  login_required: 400,
  account_selection_required: 400,
  consent_required: 400,
  request_not_supported: 400,
  request_uri_not_supported: 400,
  registration_not_supported: 400,
  // RFC 9101 §7
  invalid_request_uri: 400,
  invalid_request_object: 400,
  // RFC 8628 §3.5
  authorization_pending: 400,
  slow_down: 400,
  expired_token: 400,
  // OpenID Connect Core Unmet Authentication Requirements 1.0 §1, RFC 9470 §5
  unmet_authentication_requirements: 400,
} as const;

/** An error code that stands in a specification. */
export type ErrorCode = keyof typeof ERROR_STATUS;

/** The audit events that a refusal may be. */
export type RefusalEvent = "grant.revoked" | "client.authentication.failed";

/** A refusal that the protocol has a word for; `message` is its `error_description`. */
export class OAuthError extends Error {
  override readonly name = "OAuthError";
  readonly code: ErrorCode;
  /** What the log should know and the answer must not say. */
  readonly detail: Readonly<Record<string, unknown>>;
  /** The audit event that it is, where it is more than a refusal. */
  readonly event: RefusalEvent | undefined;

  /** `description` keeps to the characters that RFC 6749 §5.2 allows (%x20-21 / %x23-5B / %x5D-7E) and quotes no input. */
  constructor(
    code: ErrorCode,
    description: string,
    detail: Record<string, unknown> = {},
    event?: RefusalEvent,
  ) {
    super(description);
    this.code = code;
    this.detail = detail;
    this.event = event;
  }
}

/** Too much of one kind from one party (RFC 6585 §4, RFC 9126 §2.3): 429, and good again after some seconds. */
export class TooManyRequests extends OAuthError {
  /** Seconds; at least 1. */
  readonly retry_after: number;

  constructor(retry_after: number, detail: Record<string, unknown> = {}, event?: RefusalEvent) {
    super("temporarily_unavailable", "too many requests: try again later", detail, event);
    this.retry_after = retry_after;
  }
}

/** That a client is not authenticated: in the same words whatever the reason, which the log alone hears in `detail`. */
export function authenticationFailed(detail: Record<string, unknown>): OAuthError {
  return new OAuthError("invalid_client", "client authentication failed", detail);
}

/** That nobody has looked yet whether a client is authenticated: too many from there were not. */
export function authenticationDelayed(
  seconds: number,
  detail: Readonly<Record<string, unknown>>,
): TooManyRequests {
  const reason = "throttled";
  return new TooManyRequests(seconds, { ...detail, reason }, "client.authentication.failed");
}
