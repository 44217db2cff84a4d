/** What a grant is: something that a client presents at the token endpoint (RFC 6749 §1.3). */

import type { Config } from "../config/schema.ts";
import type { RefreshingRing } from "../keys/open_sealed.ts";
import type { Client } from "../oauth/client.ts";
import type { Parameters } from "../oauth/parameters.ts";
import type { Collections } from "../store/collection.ts";
import type { Store } from "../store/store.ts";
import type { IssuingServer, TokenResponse } from "../tokens/issue.ts";
import type { UserDirectory } from "../users/directory.ts";

/** What the grants need. */
export interface GrantServer extends IssuingServer {
  readonly config: IssuingServer["config"] & Pick<Config, "sessions">;
  readonly records: Pick<
    Collections,
    "access_token" | "authorization" | "device_authorization" | "session"
  >;
  readonly ring: RefreshingRing;
  readonly users: Pick<UserDirectory, "findBySub">;
  /** Commits across several kinds of record. */
  readonly store: Pick<Store, "commit">;
}

/** A token request whose client is authenticated and may use this grant. */
export interface GrantRequest {
  readonly client: Client;
  readonly parameters: Parameters;
}

/** Answers the tokens, or throws an `OAuthError` (RFC 6749 §5.2). */
export type Grant = (server: GrantServer, request: GrantRequest) => Promise<TokenResponse>;
