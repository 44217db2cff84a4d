/** What the authorization endpoint answers with: a code, tokens, or both (OpenID Connect Core §3.1.2.5, §3.2.2.5, §3.3.2.5). */

import type { AuthorizationRequest } from "../oauth/authorization_request.ts";
import type { Client } from "../oauth/client.ts";
import { brings } from "../oauth/response_type.ts";
import type { Collections } from "../store/collection.ts";
import type { Session } from "../store/records.ts";
import type { Write } from "../store/store.ts";
import type { User } from "../users/directory.ts";
import { issueIdToken } from "./id_token.ts";
import { type IssuingServer, newAccessToken } from "./issue.ts";
import { newGrant } from "./new_grant.ts";

/** What answering needs. */
export interface AnswerServer extends IssuingServer {
  readonly records: IssuingServer["records"] & Pick<Collections, "authorization">;
}

/** An answer that is not good before its writes are stored. */
export interface NewAnswer {
  readonly writes: readonly Write[];
  /** Its parameters; to be asked for once the writes are stored. */
  respond(): Promise<Record<string, string>>;
}

/** The answer to a request that a person has allowed in this session. */
export function newAnswer(
  server: AnswerServer,
  client: Client,
  request: AuthorizationRequest,
  { session, user, acr }: {
    readonly session: Session;
    readonly user: User;
    readonly acr: string | undefined;
  },
): NewAnswer {
  const { response_type, scope, resource, nonce, state } = request;
  const { authorization, code } = newGrant(server, client, request, { ...session, acr });
  const granted = { authorization, user };
  const token = brings(response_type, "token")
    ? newAccessToken(server, { client, scope, resource, granted })
    : undefined;
  // Nothing is redeemed or asked for later where an ID token is all there is.
  const alone = code === undefined && token === undefined;
  return {
    writes: [
      ...alone ? [] : server.records.authorization.write(authorization.grant_id, authorization),
      ...token?.writes ?? [],
    ],
    async respond() {
      const tokens = await token?.respond();
      const described = { scope, nonce, state, code, access_token: tokens?.access_token, alone };
      return {
        ...code === undefined ? {} : { code },
        // RFC 6749 §4.2.2
        ...tokens === undefined ? {} : { ...tokens, expires_in: String(tokens.expires_in) },
        ...brings(response_type, "id_token")
          ? { id_token: await issueIdToken(server, client, granted, described) }
          : {},
      };
    },
  };
}
