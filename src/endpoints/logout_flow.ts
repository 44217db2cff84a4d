/** How a logout goes: the session ends where that is proven or confirmed, its clients hear of it, and the browser goes on. */

import type { Context } from "hono";
import type { Config } from "../config/schema.ts";
import type { ClientRegistry } from "../clients/registry.ts";
import { type EndingServer, endSession } from "../login/end_session.ts";
import { formToken } from "../login/form_token.ts";
import { type OpenInteraction, pause, turnInto } from "../login/interaction.ts";
import { type NotifyingServer, SENDING, sendNotices } from "../login/logout_notices.ts";
import type { FinishedLogout } from "../login/paused.ts";
import { readSession } from "../login/session.ts";
import { type LogoutRequest, provesLogout } from "../oauth/logout_request.ts";
import { PATHS } from "../oauth/metadata.ts";
import { renderLogout } from "../pages/logout.tsx";
import type { Session } from "../store/records.ts";
import { sidFor, subjectFor } from "../tokens/subject.ts";
import { displayName } from "../users/directory.ts";
import { browserOf } from "./browser.ts";
import { type FlowServer, toInteraction } from "./flow.ts";
import type { AppEnv } from "./http.ts";
import { afterLogout, farewellOf, sendOn, showLoggedOut } from "./logged_out.ts";
import { formActionOf, page, seeOther, viewOf } from "./page.ts";
import { putAside } from "./put_aside.ts";
import { auditEnded } from "./session_ended.ts";
import { forgetSession } from "./session_state.ts";

/** What logging out needs. */
export interface LogoutServer extends FlowServer, EndingServer, NotifyingServer {
  readonly env: FlowServer["env"];
  readonly config: Pick<Config, "issuer" | "sessions" | "tokens" | "security">;
  readonly records: FlowServer["records"] & EndingServer["records"] & NotifyingServer["records"];
  readonly clients: Pick<ClientRegistry, "find">;
}

/** Goes on with a request: the session ends where the hint names it; else somebody is asked, or there is nobody to ask. */
export async function goOnWithLogout(
  server: LogoutServer,
  c: Context<AppEnv>,
  request: LogoutRequest,
  open?: OpenInteraction,
): Promise<Response> {
  const session = await sessionOf(server, c);
  if (session === undefined) return await nobodyThere(server, c, request);
  if (await isProven(server, request, session)) {
    const { frames } = await farewellOf(server, { request, ...session });
    // Where iframes follow it is put aside first: whoever loads again while clients are told finds them all the same.
    if (open !== undefined || frames.length === 0) {
      return await logOut(server, c, request, session, open);
    }
  } else if (open !== undefined) return await confirmPage(server, c, request, session, open);
  const handle = await putAside(server, c, { kind: "logout", request }, browserOf(server, c));
  return toInteraction(server, c, PATHS.logout, handle);
}

/** The living session of this browser, also of somebody who may no longer log in: ending it is always right. */
export async function sessionOf(
  server: LogoutServer,
  c: Context<AppEnv>,
): Promise<Session | undefined> {
  return (await readSession(server, server.cookies.get(c, "session")))?.record;
}

/**
 * Ends a session before anything else happens, then tells its clients, which takes two seconds at most. The browser
 * sees the rest by a GET, so that nothing is done twice.
 */
export async function logOut(
  server: LogoutServer,
  c: Context<AppEnv>,
  request: LogoutRequest,
  session: Session,
  open: OpenInteraction | undefined,
): Promise<Response> {
  const { sid } = session;
  const ended = await endSession(server, sid, SENDING);
  forgetSession(server.cookies, c);
  const logout: FinishedLogout = { request, sid, clients: ended?.clients ?? [] };
  // Another tab was faster: it tells everybody, and has the iframes.
  if (ended !== undefined) {
    auditEnded(server, c, ended, "logout", request.client_id);
    // Whoever presses again while clients are told leaves this answer behind, and finds the iframes by the next.
    if (open !== undefined) await turnInto(server, open.handle, { kind: "logged_out", logout });
    await sendNotices(server, ended.notices);
  }
  if (open !== undefined) return toInteraction(server, c, PATHS.logout, open.handle);
  const on = sendOn(c, await farewellOf(server, logout));
  if (on !== undefined) return on;
  const handle = await pause(server, { kind: "logged_out", logout }, browserOf(server, c));
  return toInteraction(server, c, PATHS.logout, handle);
}

/** What the browser sees of a logout that has happened: the page with the iframes, or at once where it goes on to. */
export async function finishLogout(
  server: LogoutServer,
  c: Context<AppEnv>,
  logout: FinishedLogout,
): Promise<Response> {
  const { request } = logout;
  // Somebody has logged in since. The clients that are theirs now must not hear of a logout.
  if (await sessionOf(server, c) !== undefined) {
    return await goOnWithLogout(server, c, { ...request, hint: undefined });
  }
  const farewell = await farewellOf(server, logout);
  return sendOn(c, farewell) ?? showLoggedOut(server, c, request, farewell);
}

/** Nobody is logged in. Only who shows an ID token of ours is sent on without being asked (no open redirector). */
async function nobodyThere(
  server: LogoutServer,
  c: Context<AppEnv>,
  request: LogoutRequest,
): Promise<Response> {
  forgetSession(server.cookies, c);
  const after = await afterLogout(server, request);
  if (after !== undefined && request.hint !== undefined) return seeOther(c, after.url);
  return showLoggedOut(server, c, request, { after, frames: [] });
}

async function isProven(
  server: LogoutServer,
  { hint }: LogoutRequest,
  { sid, sub }: Session,
): Promise<boolean> {
  const client = hint && await server.clients.find(hint.client_id);
  return client !== undefined && provesLogout(hint, {
    sid: sidFor(server, client, sid),
    sub: subjectFor(server, client, sub),
  });
}

async function confirmPage(
  server: LogoutServer,
  c: Context<AppEnv>,
  request: LogoutRequest,
  session: Session,
  open: OpenInteraction,
): Promise<Response> {
  const user = await server.users.findBySub(session.sub);
  const { client_id } = request;
  const client = client_id === undefined ? undefined : await server.clients.find(client_id);
  const after = await afterLogout(server, request);
  const html = renderLogout(viewOf(server, c, request.ui_locales), {
    action: server.config.issuer + PATHS.logout,
    interaction: open.handle,
    csrf_token: formToken(open.handle, browserOf(server, c), session.sid),
    client,
    user: user && { name: displayName(user) },
  });
  return page(c, html, {
    formAction: after && formActionOf(after.url),
    clients: client ? [client] : [],
  });
}
