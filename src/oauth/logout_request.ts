/** What a client asks for that wants somebody logged out (OpenID Connect RP-Initiated Logout §2), and what proves it. */

import type { Client } from "./client.ts";
import { OAuthError } from "./error.ts";
import type { IdTokenHint } from "./id_token_hint.ts";
import { bounded, type Parameters, printable } from "./parameters.ts";
import { closestUri, withoutSecrets } from "./redirect_uri_difference.ts";
import { matchPostLogoutUri, type RegisteredPostLogoutUri } from "./redirect_uri.ts";
import { withQuery } from "./with_query.ts";

/** A validated logout request; it survives JSON. */
export interface LogoutRequest {
  /** Whose request it is, by `id_token_hint` or `client_id`. */
  readonly client_id: string | undefined;
  /** Whom the ID token names that came as a hint. */
  readonly hint: IdTokenHint | undefined;
  /** Found among the client's. */
  readonly post_logout_redirect_uri: string | undefined;
  readonly state: string | undefined;
  readonly ui_locales: string | undefined;
}

/** The logout request of somebody who comes by himself, without any client. */
export function ownLogout(ui_locales: string | undefined): LogoutRequest {
  const nothing = { client_id: undefined, hint: undefined, state: undefined };
  return { ...nothing, post_logout_redirect_uri: undefined, ui_locales };
}

/** Whose request it is; `undefined`: it doesn't say. Throws `invalid_request` where the hint is another client's. */
export function logoutClientId(
  parameters: Parameters,
  hint: IdTokenHint | undefined,
): string | undefined {
  const client_id = parameters.get("client_id");
  // OpenID Connect RP-Initiated Logout §2: the OP MUST verify that client_id matches the one used when issuing the ID token
  if (client_id !== undefined && hint !== undefined && client_id !== hint.client_id) {
    throw new OAuthError("invalid_request", "id_token_hint was issued to another client");
  }
  return client_id ?? hint?.client_id;
}

/** The request, where `client` is whose it is. Throws `invalid_request` for a redirect URI that is not registered for it. */
export function parseLogoutRequest(
  parameters: Parameters,
  client: Client | undefined,
  hint: IdTokenHint | undefined,
): LogoutRequest {
  // OpenID Connect RP-Initiated Logout §2: whom the client means; a browser has one login, which ends whoever it is
  bounded(parameters, "logout_hint");
  const requested = parameters.get("post_logout_redirect_uri");
  const proven = requested && client && matchPostLogoutUri(client, requested);
  if (requested !== undefined && proven === undefined) {
    const why = client === undefined ? "needs id_token_hint or client_id" : "is not registered";
    throw new OAuthError("invalid_request", `post_logout_redirect_uri ${why}`, {
      client_id: client?.client_id,
      post_logout_redirect_uri: withoutSecrets(requested).slice(0, 512),
      ...closestUri(client?.post_logout_redirect_uris ?? [], requested.slice(0, 512)),
    });
  }
  return {
    client_id: client?.client_id,
    hint,
    post_logout_redirect_uri: proven,
    state: printable(parameters, "state"),
    ui_locales: bounded(parameters, "ui_locales"),
  };
}

/**
 * Whether the hint names this session: by `sid`, or where it has none by the person. Without that somebody has to
 * confirm, as anybody can send a browser here (OpenID Connect RP-Initiated Logout §2, §6). With it §2 would have them
 * asked too (SHOULD); who has pressed the button of the client is not asked to press another.
 */
export function provesLogout(
  hint: IdTokenHint | undefined,
  session: { readonly sid: string; readonly sub: string },
): boolean {
  if (hint === undefined) return false;
  return hint.sid === undefined ? hint.sub === session.sub : hint.sid === session.sid;
}

/** Where the browser goes after a logout; `state` comes along (OpenID Connect RP-Initiated Logout §3). */
export function postLogoutUrl(uri: RegisteredPostLogoutUri, state: string | undefined): string {
  return state === undefined ? uri : withQuery(uri, { state });
}
