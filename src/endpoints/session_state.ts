/** What an answer says of the login at our side, and the cookie that the iframe compares it with (OpenID Connect Session Management §2). */

import type { Context } from "hono";
import type { Config } from "../config/schema.ts";
import { base64url } from "../lib/bytes.ts";
import type { Env } from "../lib/env.ts";
import type { AuthorizationRequest } from "../oauth/authorization_request.ts";
import { browserState, sessionState } from "../oauth/session_state.ts";
import type { Session } from "../store/records.ts";
import type { Cookies } from "./cookies.ts";
import type { AppEnv } from "./http.ts";

interface Server {
  readonly env: Pick<Env, "now" | "random">;
  readonly config: { readonly tokens: Pick<Config["tokens"], "pairwise_salt"> };
  readonly cookies: Cookies;
}

/** What the state of a browser begins with in which nobody is logged in. The rest is random: no page may guess it, and learn that. */
const NOBODY = "nobody.";

/**
 * Keeps the cookie as it has to be: that of this session for as long as it lives unless it is used, or one for nobody.
 * Answers what it is; `undefined` where the browser may have left the session out, so that nothing is known.
 */
export function keepBrowserState(
  { env, config, cookies }: Server,
  c: Context<AppEnv>,
  session: Session | undefined,
): string | undefined {
  if (session !== undefined) {
    // Or clients that see the sid could tell who it is that a pairwise one knows.
    const state = browserState(session, config.tokens.pairwise_salt);
    cookies.set(c, "browser_state", state, session.expires_at - env.now());
    return state;
  }
  if (mayLackSession(cookies, c)) return undefined;
  const before = cookies.get(c, "browser_state");
  const state = before?.startsWith(NOBODY) ? before : NOBODY + base64url(env.random(16));
  cookies.set(c, "browser_state", state);
  return state;
}

/** Has the browser forget the state of its session, and the session. */
export function forgetSession(cookies: Cookies, c: Context<AppEnv>): void {
  if (!mayLackSession(cookies, c)) cookies.clear(c, "browser_state");
  cookies.clear(c, "session");
}

/**
 * Whether somebody may be logged in although no session came: the session's cookie is Lax, so browsers leave it out of
 * what another site's page embeds (RFC 6265bis §5.8.3), but send the state along. Such a request must not change that.
 */
function mayLackSession(cookies: Cookies, c: Context<AppEnv>): boolean {
  const embedded = c.req.header("Sec-Fetch-Site") === "cross-site" &&
    c.req.header("Sec-Fetch-Dest") !== "document";
  return embedded && cookies.get(c, "session") === undefined;
}

/** `session_state` for the answer to a request with scope `openid`, errors too; nothing for others. */
export function sessionStateOf(
  server: Server,
  c: Context<AppEnv>,
  request: AuthorizationRequest,
  session: Session | undefined,
): { readonly session_state?: string } {
  const state = keepBrowserState(server, c, session);
  if (state === undefined || !request.scope.includes("openid")) return {};
  const { client_id, redirect_uri } = request;
  const salt = base64url(server.env.random(16));
  const session_state = sessionState(client_id, redirect_uri, state, salt);
  return session_state === undefined ? {} : { session_state };
}
