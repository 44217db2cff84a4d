/** What becomes of a browser once its session has ended: clients are told by iframes, and it goes on. */

import type { Context } from "hono";
import type { ClientRegistry } from "../clients/registry.ts";
import type { Config } from "../config/schema.ts";
import { base64url } from "../lib/bytes.ts";
import type { Env } from "../lib/env.ts";
import type { FinishedLogout } from "../login/paused.ts";
import type { Client } from "../oauth/client.ts";
import { frontchannelLogoutUrl } from "../oauth/frontchannel_logout.ts";
import { type LogoutRequest, postLogoutUrl } from "../oauth/logout_request.ts";
import { matchPostLogoutUri } from "../oauth/redirect_uri.ts";
import { renderLoggedOut } from "../pages/logged_out.tsx";
import { sidFor } from "../tokens/subject.ts";
import type { AppEnv } from "./http.ts";
import { page, type PageServer, seeOther, viewOf } from "./page.ts";

/** What seeing a browser off needs. */
export interface LoggedOutServer extends PageServer {
  readonly env: Pick<Env, "random">;
  readonly config: Pick<Config, "issuer" | "tokens">;
  readonly clients: Pick<ClientRegistry, "find">;
}

/** Where the browser may go after a logout. */
export interface AfterLogout {
  readonly client: Client;
  readonly url: string;
}

/** What is left to be seen of a logout. */
export interface Farewell {
  readonly after: AfterLogout | undefined;
  /** What the iframes load: one for each client of the session that wants to be told so. */
  readonly frames: readonly string[];
}

/** What there is left to be seen: without iframes a browser that has somewhere to go needs no page. */
export async function farewellOf(
  server: LoggedOutServer,
  { request, sid, clients }: FinishedLogout,
): Promise<Farewell> {
  const found = await Promise.all(clients.map((client_id) => server.clients.find(client_id)));
  const frames = found.map((client) =>
    client?.enabled
      ? frontchannelLogoutUrl(client, server.config.issuer, sidFor(server, client, sid))
      : undefined
  ).filter((url) => url !== undefined);
  return { after: await afterLogout(server, request), frames };
}

/** Configuration may have changed while the person was thinking: client and URI are proven anew. */
export async function afterLogout(
  server: Pick<LoggedOutServer, "clients">,
  { client_id, post_logout_redirect_uri: requested, state }: LogoutRequest,
): Promise<AfterLogout | undefined> {
  const client = client_id === undefined ? undefined : await server.clients.find(client_id);
  if (!client?.enabled || requested === undefined) return undefined;
  const uri = matchPostLogoutUri(client, requested);
  return uri && { client, url: postLogoutUrl(uri, state) };
}

/** Sends the browser on at once; `undefined` where it has to see a page, for its iframes or because it has nowhere to go. */
export function sendOn(c: Context<AppEnv>, { after, frames }: Farewell): Response | undefined {
  return after !== undefined && frames.length === 0 ? seeOther(c, after.url) : undefined;
}

/** Shows the last page. Where there are iframes it goes on by itself; without any, a click alone leads to `after`. */
export function showLoggedOut(
  server: LoggedOutServer,
  c: Context<AppEnv>,
  { ui_locales }: LogoutRequest,
  { after, frames }: Farewell,
): Response {
  const view = viewOf(server, c, ui_locales);
  if (after === undefined || frames.length === 0) {
    return page(c, renderLoggedOut(view, { after, frames }), { frames });
  }
  const nonce = base64url(server.env.random(16));
  return page(c, renderLoggedOut(view, { after, frames, nonce }), { frames, nonce });
}
