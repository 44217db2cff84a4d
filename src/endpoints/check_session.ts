/** GET /connect/checksession: the iframe of OpenID Connect Session Management §3.2. */

import type { Handler } from "hono";
import { base64url, sha256, utf8 } from "../lib/bytes.ts";
import { renderCheckSession } from "../pages/check_session.ts";
import type { Cookies } from "./cookies.ts";
import type { AppEnv } from "./http.ts";

/** How long a browser may keep the page, in seconds. */
const MAX_AGE = 3600;

/** The page's endpoint, made once at start. It is the one page that others may frame: that is what it is for. */
export function checkSessionEndpoint(
  server: { readonly cookies: Pick<Cookies, "nameOf"> },
): Handler<AppEnv> {
  const { html, script } = renderCheckSession(server.cookies.nameOf("browser_state"));
  const body = utf8(html);
  const headers = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": `default-src 'none'; script-src 'sha256-${
      sha256(script).toBase64()
    }'; base-uri 'none'`,
    "Cache-Control": `public, max-age=${MAX_AGE}`,
    "ETag": `"${base64url(sha256(body)).slice(0, 22)}"`,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
  };
  return (c) => c.body(body, 200, headers);
}
