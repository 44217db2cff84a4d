/** Which claims a client asks for one by one (OpenID Connect Core §5.5). */

/** What is asked of one claim (OpenID Connect Core §5.5.1); empty: that it would be nice to have. */
export interface ClaimDemand {
  readonly essential?: boolean;
  readonly value?: unknown;
  readonly values?: readonly unknown[];
}

/** The claims that are asked for, by where they are to stand. */
export interface ClaimsRequest {
  readonly userinfo: Readonly<Record<string, ClaimDemand>>;
  readonly id_token: Readonly<Record<string, ClaimDemand>>;
}
