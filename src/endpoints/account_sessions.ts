/** How somebody signs out on /account: here, on another device, or everywhere. */

import type { Context } from "hono";
import type { EndedSession } from "../login/end_session.ts";
import { SENDING, sendNotices } from "../login/logout_notices.ts";
import type { PageVisit } from "../login/paused.ts";
import { endSessions, sessionNamed, sessionsOf } from "../login/stored_sessions.ts";
import { ownLogout } from "../oauth/logout_request.ts";
import type { Parameters } from "../oauth/parameters.ts";
import type { ShownSession, SignedOut } from "../pages/sessions.tsx";
import { noticeAddress, provenNotice } from "./account_notice.ts";
import type { LoggedIn } from "./browser.ts";
import type { AppEnv } from "./http.ts";
import { logOut, type LogoutServer } from "./logout_flow.ts";
import { seeOther } from "./page.ts";
import { auditEnded } from "./session_ended.ts";
import { addressOf } from "./visit.ts";

/** Where somebody is signed in: this browser first, then the latest used. */
export async function shownSessions(
  server: LogoutServer,
  { session }: LoggedIn,
): Promise<ShownSession[]> {
  const all = (await sessionsOf(server, session.sub)).map((
    { sid, device, created_at, seen_at },
  ) => ({ sid, device, created_at, seen_at, here: sid === session.sid }));
  return [...all.filter(({ here }) => here), ...all.filter(({ here }) => !here)];
}

/** Signs out of one session of the person who sends the form: this one, or another by its `sid`. */
export async function signOut(
  server: LogoutServer,
  c: Context<AppEnv>,
  visit: PageVisit,
  login: LoggedIn,
  form: Parameters,
): Promise<Response> {
  const sid = form.require("sid");
  if (sid === login.session.sid) return await signOutHere(server, c, visit, login);
  const named = await sessionNamed(server, sid);
  // It has ended meanwhile, or never was this person's: the page shows how things are.
  if (named?.sub !== login.session.sub) return seeOther(c, addressOf(server, visit));
  await tell(server, await end(server, c, [sid]));
  return backToPage(server, c, visit, login, "one");
}

/** Signs out of all sessions of the person but this one. */
export async function signOutOthers(
  server: LogoutServer,
  c: Context<AppEnv>,
  visit: PageVisit,
  login: LoggedIn,
): Promise<Response> {
  await tell(server, await end(server, c, await otherSids(server, login)));
  return backToPage(server, c, visit, login, "others");
}

/** Signs out of all sessions of the person. */
export async function signOutEverywhere(
  server: LogoutServer,
  c: Context<AppEnv>,
  visit: PageVisit,
  login: LoggedIn,
): Promise<Response> {
  const ended = await end(server, c, await otherSids(server, login));
  const [response] = await Promise.all([
    signOutHere(server, c, visit, login),
    tell(server, ended),
  ]);
  return response;
}

function signOutHere(
  server: LogoutServer,
  c: Context<AppEnv>,
  { ui_locales }: PageVisit,
  { session }: LoggedIn,
): Promise<Response> {
  return logOut(server, c, ownLogout(ui_locales), session, undefined);
}

async function otherSids(server: LogoutServer, { session }: LoggedIn): Promise<string[]> {
  const all = await sessionsOf(server, session.sub);
  return all.map(({ sid }) => sid).filter((sid) => sid !== session.sid);
}

/** Ends sessions of other browsers: those are told by their clients, and see no page of ours. */
async function end(
  server: LogoutServer,
  c: Context<AppEnv>,
  sids: readonly string[],
): Promise<EndedSession[]> {
  const ended = await endSessions(server, sids, SENDING);
  for (const one of ended) auditEnded(server, c, one, "account");
  return ended;
}

function tell(server: LogoutServer, ended: readonly EndedSession[]): Promise<void> {
  return sendNotices(server, ended.flatMap(({ notices }) => notices));
}

function backToPage(
  server: LogoutServer,
  c: Context<AppEnv>,
  visit: PageVisit,
  login: LoggedIn,
  what: SignedOut,
): Response {
  return seeOther(c, noticeAddress(server, c, visit, login, { kind: "signed_out", what }));
}

/** What the page says to be signed out; `undefined`: nothing. */
export function provenSignOut(
  server: LogoutServer,
  c: Context<AppEnv>,
  login: LoggedIn,
): SignedOut | undefined {
  const signed_out = provenNotice(server, c, login, "signed_out");
  return signed_out === "one" || signed_out === "others" ? signed_out : undefined;
}
