/** GET and POST /account/logout: do you want to sign out, and what became of it? */

import type { Context } from "hono";
import { formToken } from "../login/form_token.ts";
import { openInteraction } from "../login/interaction.ts";
import { OAuthError } from "../oauth/error.ts";
import { ownLogout } from "../oauth/logout_request.ts";
import { PATHS } from "../oauth/metadata.ts";
import { bounded } from "../oauth/parameters.ts";
import { browserOf } from "./browser.ts";
import { toInteraction } from "./flow.ts";
import { checkFormToken, sentForm } from "./form.ts";
import { type AppEnv, readQuery } from "./http.ts";
import {
  finishLogout,
  goOnWithLogout,
  logOut,
  type LogoutServer,
  sessionOf,
} from "./logout_flow.ts";
import { seeOther } from "./page.ts";

/** Asks, or shows what became of it. Whoever comes without an interaction, or with one that has ended, comes by himself. */
export async function showLogout(server: LogoutServer, c: Context<AppEnv>): Promise<Response> {
  const query = readQuery(c);
  const open = await openInteraction(server, query.get("interaction"), browserOf(server, c));
  switch (open?.paused.kind) {
    case "logout":
      return await goOnWithLogout(server, c, open.paused.request, open);
    case "logged_out":
      return await finishLogout(server, c, open.paused.logout);
    default:
      return await goOnWithLogout(server, c, ownLogout(bounded(query, "ui_locales")));
  }
}

/** Takes the answer, of the person to whom the page was shown. */
export async function submitLogout(server: LogoutServer, c: Context<AppEnv>): Promise<Response> {
  const form = await sentForm(server, c);
  const browser = browserOf(server, c);
  const open = await openInteraction(server, form.get("interaction"), browser);
  // Pressed twice, or too late: the page says how things are.
  if (open?.paused.kind !== "logout") {
    const { issuer } = server.config;
    return open
      ? toInteraction(server, c, PATHS.logout, open.handle)
      : seeOther(c, issuer + PATHS.logout);
  }
  const session = await sessionOf(server, c);
  if (session === undefined) return toInteraction(server, c, PATHS.logout, open.handle);
  checkFormToken(form, formToken(open.handle, browser, session.sid));
  switch (form.get("action")) {
    case "logout":
      return await logOut(server, c, open.paused.request, session, open);
    case "cancel":
      await server.records.interaction.delete(open.handle);
      return seeOther(c, new URL(server.config.issuer).href);
    default:
      throw new OAuthError("invalid_request", "unknown action");
  }
}
