/** How a client is told by a token that somebody has logged out (OpenID Connect Back-Channel Logout §2.4). */

import type { Config } from "../config/schema.ts";
import type { Env } from "../lib/env.ts";
import type { Client } from "../oauth/client.ts";
import type { LogoutNotice } from "../store/records.ts";
import { clientJwt, type ClientJwtServer, idTokenForm } from "./client_jwt.ts";
import { sidFor, subjectFor } from "./subject.ts";

/** What signing a logout token needs. */
export interface LogoutTokenServer extends ClientJwtServer {
  readonly env: Pick<Env, "now" | "log">;
  readonly config: Pick<Config, "issuer" | "tokens">;
}

/** How long a logout token is good, in seconds: §4 recommends at most two minutes. */
const LIFETIME = 120;

const EVENT = "http://schemas.openid.net/event/backchannel-logout";

/**
 * The logout token of a notice: a new one for each try, under the name that the notice has at all of them. Throws as
 * `encryptFor` does.
 */
export async function issueLogoutToken(
  server: LogoutTokenServer,
  client: Client,
  { jti, sub, sid }: Pick<LogoutNotice, "jti" | "sub" | "sid">,
): Promise<string> {
  const iat = server.env.now();
  // §2.6: signed and encrypted as its ID tokens are
  return await clientJwt(server, client, idTokenForm(client, "logout+jwt"), {
    iss: server.config.issuer,
    sub: subjectFor(server, client, sub),
    aud: client.client_id,
    iat,
    exp: iat + LIFETIME,
    jti,
    sid: sidFor(server, client, sid),
    // §2.4: a nonce is prohibited, so that no logout token passes for an ID token
    events: { [EVENT]: {} },
  });
}
