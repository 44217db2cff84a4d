/** The page on which somebody finds that they are logged out, and the clients with an iframe are told. */

import type { Context } from "hono";
import { base64url } from "../lib/bytes.ts";
import type { Env } from "../lib/env.ts";
import type { Client } from "../oauth/client.ts";
import type { LogoutRequest } from "../oauth/logout_request.ts";
import { renderLoggedOut } from "../pages/logged_out.tsx";
import type { AppEnv } from "./http.ts";
import { page, type PageServer, viewOf } from "./page.ts";

/** Shows it. Where there are iframes it goes on by itself; without any, a click alone leads to `after`. */
export function showLoggedOut(
  server: PageServer & { readonly env: Pick<Env, "random"> },
  c: Context<AppEnv>,
  { request, after, frames }: {
    readonly request: LogoutRequest;
    readonly after: { readonly client: Client; readonly url: string } | undefined;
    readonly frames: readonly string[];
  },
): Response {
  const view = viewOf(server, c, request.ui_locales);
  if (after === undefined || frames.length === 0) {
    return page(c, renderLoggedOut(view, { after, frames }), { frames });
  }
  const nonce = base64url(server.env.random(16));
  return page(c, renderLoggedOut(view, { after, frames, nonce }), { frames, nonce });
}
