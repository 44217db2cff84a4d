/** What a code is exchanged for, once (RFC 6749 §4.1.3, OpenID Connect Core §3.1.3). */

import { equalDigests } from "../lib/bytes.ts";
import { OAuthError } from "../oauth/error.ts";
import { validateCodeVerifier } from "../oauth/pkce.ts";
import type { Client } from "../oauth/client.ts";
import type { Parameters } from "../oauth/parameters.ts";
import type { Read } from "../store/collection.ts";
import type { Authorization, PendingCode } from "../store/records.ts";
import { type PresentedHandle, readHandle } from "../tokens/handle.ts";
import type { TokenResponse } from "../tokens/issue.ts";
import { endForReplay } from "./end.ts";
import type { GrantRequest, GrantServer } from "./grant.ts";
import { redeem } from "./redeem.ts";

/** The `authorization_code` grant. */
export async function authorizationCode(
  server: GrantServer,
  request: GrantRequest,
): Promise<TokenResponse> {
  const { client, parameters } = request;
  const presented = readHandle("code", parameters.require("code"));
  if (presented === undefined) throw unknownCode();
  const read = await server.records.authorization.read(presented.grant_id);
  if (read === undefined) throw unknownCode();
  const { code } = read.record;
  // RFC 6749 §4.1.2: a code used twice is refused, and what was issued for it is revoked
  if (code === undefined) return await endForReplay(server, read.record, "code");
  // That of a device is fetched by polling alone.
  if (code.kind !== "code" || server.env.now() >= code.expires_at) throw unknownCode();
  try {
    validateCode(read.record, code, presented, client, parameters);
  } catch (error) {
    // Whoever presents a code wrongly has seen a code that is not theirs, so it ends here.
    await burn(server, read);
    throw error;
  }
  const tokens = await redeem(server, request, presented, read, code);
  // Somebody else redeemed it in this very moment, so it is used twice.
  return tokens ?? await endForReplay(server, read.record, "code");
}

function validateCode(
  { client_id }: Authorization,
  code: PendingCode,
  presented: PresentedHandle,
  client: Client,
  parameters: Parameters,
): void {
  if (!equalDigests(code.sha256, presented.sha256)) throw unknownCode();
  if (client_id !== client.client_id) {
    throw new OAuthError("invalid_grant", "the code was issued to another client");
  }
  // RFC 6749 §4.1.3: identical to that of the authorization request, if that had one
  const redirect_uri = parameters.get("redirect_uri");
  if (code.redirect_uri !== undefined && redirect_uri !== code.redirect_uri) {
    throw new OAuthError(
      "invalid_grant",
      "redirect_uri is missing or not that of the authorization request",
    );
  }
  validateCodeVerifier(code.code_challenge, parameters.get("code_verifier"));
}

/** Ends a grant whose code was seen by somebody else, whether or not that was redeemed meanwhile. */
async function burn(server: GrantServer, read: Read<Authorization>): Promise<void> {
  await server.store.commit({ writes: server.records.authorization.erase(read) });
}

function unknownCode(): OAuthError {
  return new OAuthError("invalid_grant", "the code is unknown or expired");
}
