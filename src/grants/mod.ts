/** Which grants there are, and which of them a token request uses. */

import { type Client, DEVICE_CODE, type TokenGrantType } from "../oauth/client.ts";
import { OAuthError } from "../oauth/error.ts";
import type { Parameters } from "../oauth/parameters.ts";
import type { TokenResponse } from "../tokens/issue.ts";
import { authorizationCode } from "./authorization_code.ts";
import { clientCredentials } from "./client_credentials.ts";
import { deviceCode } from "./device_code.ts";
import type { Grant, GrantServer } from "./grant.ts";
import { refreshToken } from "./refresh_token.ts";

const GRANTS: Readonly<Record<TokenGrantType, Grant>> = {
  authorization_code: authorizationCode,
  refresh_token: refreshToken,
  client_credentials: clientCredentials,
  [DEVICE_CODE]: deviceCode,
};

/**
 * Answers a token request of an authenticated client. Throws `unsupported_grant_type` for a grant that nobody may use
 * here and `unauthorized_client` for one that this client may not (RFC 6749 §5.2).
 */
export async function exchange(
  server: GrantServer,
  client: Client,
  parameters: Parameters,
): Promise<TokenResponse> {
  const grant_type = parameters.require("grant_type");
  if (!isGrantType(grant_type)) {
    throw new OAuthError("unsupported_grant_type", "grant_type is not supported");
  }
  if (!client.grant_types.includes(grant_type)) {
    throw new OAuthError("unauthorized_client", "the client may not use this grant_type");
  }
  return await GRANTS[grant_type](server, { client, parameters });
}

function isGrantType(name: string): name is TokenGrantType {
  return Object.hasOwn(GRANTS, name);
}
