/** GET and POST /account: what has access to me, where am I signed in, and how do I end that? */

import type { Context } from "hono";
import type { ClientRegistry } from "../clients/registry.ts";
import type { ScopeCatalog } from "../config/scope_catalog.ts";
import { type Application, endApplication, listApplications } from "../login/applications.ts";
import { formToken } from "../login/form_token.ts";
import type { PageVisit } from "../login/paused.ts";
import { OAuthError } from "../oauth/error.ts";
import { PATHS } from "../oauth/metadata.ts";
import { bounded, type Parameters as Form } from "../oauth/parameters.ts";
import { type AccountPage, renderAccount, type ShownApplication } from "../pages/account.tsx";
import { nameOf, type ShownClient } from "../pages/client.tsx";
import { displayName } from "../users/directory.ts";
import { noticeAddress, provenNotice } from "./account_notice.ts";
import {
  provenSignOut,
  shownSessions,
  signOut,
  signOutEverywhere,
  signOutOthers,
} from "./account_sessions.ts";
import { browserOf, type LoggedIn, loggedIn } from "./browser.ts";
import { checkFormToken, sentForm } from "./form.ts";
import { type AppEnv, audit, readQuery } from "./http.ts";
import type { LogoutServer } from "./logout_flow.ts";
import { page, seeOther, viewOf } from "./page.ts";
import { addressOf, logInFirst } from "./visit.ts";

type Server =
  & LogoutServer
  & {
    readonly scopes: Pick<ScopeCatalog, "describe">;
    readonly clients: Pick<ClientRegistry, "onDevices">;
  }
  & Parameters<typeof listApplications>[0]
  & Parameters<typeof endApplication>[0];

/** Shows who has access to the person who is logged in, and where they are. */
export async function showAccount(server: Server, c: Context<AppEnv>): Promise<Response> {
  const visit = visitOf(c);
  const login = await loggedIn(server, c);
  if (login === undefined) return await logInFirst(server, c, visit);
  const [found, sessions] = await Promise.all([
    listApplications(server, login.session.sub),
    shownSessions(server, login),
  ]);
  const applications = await Promise.all(found.map((one) => describe(server, one)));
  const html = renderAccount(viewOf(server, c, visit.ui_locales), {
    action: addressOf(server, visit),
    csrf_token: pageToken(server, c, login),
    user: { name: displayName(login.user) },
    applications,
    removed: await removedClient(server, c, login, found),
    sessions,
    signed_out: provenSignOut(server, c, login),
    device: server.clients.onDevices ? server.config.issuer + PATHS.device : undefined,
    now: server.env.now(),
  });
  return page(c, html, { clients: applications.map(({ client }) => client) });
}

/** What is done with a form, for the person to whom the page was shown. */
type Act = (
  server: Server,
  c: Context<AppEnv>,
  visit: PageVisit,
  login: LoggedIn,
  form: Form,
) => Promise<Response>;

/** What each button does, by its value. */
const ACTS: Readonly<Record<string, Act>> = {
  revoke: removeAccess,
  sign_out: signOut,
  sign_out_others: signOutOthers,
  sign_out_everywhere: signOutEverywhere,
};

/** Takes a form of the page. */
export async function submitAccount(server: Server, c: Context<AppEnv>): Promise<Response> {
  const form = await sentForm(server, c);
  const visit = visitOf(c);
  const login = await loggedIn(server, c);
  if (login === undefined) return await logInFirst(server, c, visit);
  checkFormToken(form, pageToken(server, c, login));
  const action = form.get("action") ?? "";
  const act = Object.hasOwn(ACTS, action) ? ACTS[action] : undefined;
  if (act === undefined) throw new OAuthError("invalid_request", "unknown action");
  return await act(server, c, visit, login, form);
}

/** Ends what a client may do in the name of a person. */
async function removeAccess(
  server: Server,
  c: Context<AppEnv>,
  visit: PageVisit,
  login: LoggedIn,
  form: Form,
): Promise<Response> {
  const client_id = form.require("client_id");
  const { sub } = login.session;
  const { consents, grants } = await endApplication(server, { sub, client_id });
  // Another tab was faster, or there never was any: the page shows how things are.
  if (consents + grants === 0) return seeOther(c, addressOf(server, visit));
  audit(server, c, "grant.revoked", { client_id, sub, reason: "user", grants });
  return seeOther(c, noticeAddress(server, c, visit, login, { kind: "removed", what: client_id }));
}

function visitOf(c: Context<AppEnv>): PageVisit {
  return { page: "account", ui_locales: bounded(readQuery(c), "ui_locales") };
}

/** Good for this page in this browser, as long as the same person is logged in. */
function pageToken(server: Server, c: Context<AppEnv>, { session }: LoggedIn): string {
  return formToken("account", browserOf(server, c), session.sid);
}

/** What the page says to be removed; `undefined`: nothing, or it has access again. */
async function removedClient(
  server: Server,
  c: Context<AppEnv>,
  login: LoggedIn,
  left: readonly Application[],
): Promise<AccountPage["removed"]> {
  const client_id = provenNotice(server, c, login, "removed");
  if (client_id === undefined || left.some((one) => one.client_id === client_id)) return undefined;
  const client = await server.clients.find(client_id);
  return { name: nameOf(client ?? { client_id }), asks: client?.require_consent ?? true };
}

async function describe(
  server: Server,
  { client_id, scope, ...times }: Application,
): Promise<ShownApplication> {
  const scopes = scope.map((name) => server.scopes.describe(name));
  return { client: await shownClient(server, client_id), scopes, ...times };
}

/** A client that configuration no longer knows may still have access; it has no other name than its id. */
async function shownClient(server: Server, client_id: string): Promise<ShownClient> {
  return await server.clients.find(client_id) ?? { client_id };
}
