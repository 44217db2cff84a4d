/** What an answer says of the login at our side, and the cookie that the iframe compares it with (OpenID Connect Session Management §2). */

import type { Context } from "hono";
import { base64url } from "../lib/bytes.ts";
import type { Env } from "../lib/env.ts";
import type { AuthorizationRequest } from "../oauth/authorization_request.ts";
import { browserState, sessionState } from "../oauth/session_state.ts";
import type { Session } from "../store/records.ts";
import type { Cookies } from "./cookies.ts";
import type { AppEnv } from "./http.ts";

interface Server {
  readonly env: Pick<Env, "now" | "random">;
  readonly cookies: Cookies;
}

/** The cookie as it has to be: that of this session for as long as it lives unless it is used, none where nobody is logged in. */
export function keepBrowserState(
  { env, cookies }: Server,
  c: Context<AppEnv>,
  session: Session | undefined,
): void {
  if (session === undefined) cookies.clear(c, "browser_state");
  else cookies.set(c, "browser_state", browserState(session), session.expires_at - env.now());
}

/** `session_state` for the answer to a request with scope `openid`, errors too; nothing for others. */
export function sessionStateOf(
  server: Server,
  c: Context<AppEnv>,
  request: AuthorizationRequest,
  session: Session | undefined,
): { readonly session_state?: string } {
  keepBrowserState(server, c, session);
  if (!request.scope.includes("openid")) return {};
  const { client_id, redirect_uri } = request;
  const state = session === undefined ? "" : browserState(session);
  const salt = base64url(server.env.random(16));
  const session_state = sessionState(client_id, redirect_uri, state, salt);
  return session_state === undefined ? {} : { session_state };
}
