/** GET and POST /account: what has access to me, and how do I end that? */

import type { Context } from "hono";
import type { ScopeCatalog } from "../config/scope_catalog.ts";
import { equalInConstantTime } from "../lib/bytes.ts";
import { type Application, endApplication, listApplications } from "../login/applications.ts";
import { formToken, type PageVisit } from "../login/interaction.ts";
import { OAuthError } from "../oauth/error.ts";
import { bounded } from "../oauth/parameters.ts";
import { type AccountPage, renderAccount, type ShownApplication } from "../pages/account.tsx";
import { nameOf, type ShownClient } from "../pages/client.tsx";
import { displayName } from "../users/directory.ts";
import { browserOf, type LoggedIn, loggedIn } from "./browser.ts";
import type { FlowServer } from "./flow.ts";
import { checkFormToken, sentForm } from "./form.ts";
import { type AppEnv, audit, readQuery } from "./http.ts";
import { page, seeOther, viewOf } from "./page.ts";
import { addressOf, logInFirst } from "./visit.ts";

type Server =
  & FlowServer
  & { readonly scopes: Pick<ScopeCatalog, "describe"> }
  & Parameters<typeof listApplications>[0]
  & Parameters<typeof endApplication>[0];

/** Shows who has access to the person who is logged in. */
export async function showAccount(server: Server, c: Context<AppEnv>): Promise<Response> {
  const visit = visitOf(c);
  const login = await loggedIn(server, c);
  if (login === undefined) return await logInFirst(server, c, visit);
  const found = await listApplications(server, login.session.sub);
  const applications = await Promise.all(found.map((one) => describe(server, one)));
  const html = renderAccount(viewOf(server, c, visit.ui_locales), {
    action: addressOf(server, visit),
    csrf_token: pageToken(server, c, login),
    user: { name: displayName(login.user) },
    applications,
    removed: await removedClient(server, c, login, found),
  });
  return page(c, html, { clients: applications.map(({ client }) => client) });
}

/** Takes the form: ends what a client may do in the name of the person to whom the page was shown. */
export async function submitAccount(server: Server, c: Context<AppEnv>): Promise<Response> {
  const form = await sentForm(server, c);
  const visit = visitOf(c);
  const login = await loggedIn(server, c);
  if (login === undefined) return await logInFirst(server, c, visit);
  checkFormToken(form, pageToken(server, c, login));
  if (form.get("action") !== "revoke") throw new OAuthError("invalid_request", "unknown action");
  const client_id = form.require("client_id");
  const { sub } = login.session;
  const { consents, grants } = await endApplication(server, { sub, client_id });
  // Another tab was faster, or there never was any: the page shows how things are.
  if (consents + grants === 0) return seeOther(c, addressOf(server, visit));
  audit(server, c, "grant.revoked", { client_id, sub, reason: "user", grants });
  const notice = { removed: client_id, proof: removalToken(server, c, login, client_id) };
  return seeOther(c, addressOf(server, visit, notice));
}

function visitOf(c: Context<AppEnv>): PageVisit {
  return { page: "account", ui_locales: bounded(readQuery(c), "ui_locales") };
}

/** Good for this page in this browser, as long as the same person is logged in. */
function pageToken(server: Server, c: Context<AppEnv>, { session }: LoggedIn): string {
  return formToken("account", browserOf(server, c), session.sid);
}

/** Proves that we have removed a client ourselves, so that no link from elsewhere makes the page say so. */
function removalToken(
  server: Server,
  c: Context<AppEnv>,
  { session }: LoggedIn,
  client_id: string,
): string {
  return formToken("account removed", browserOf(server, c), `${session.sid}\0${client_id}`);
}

/** What the page says to be removed; `undefined`: nothing, or it has access again. */
async function removedClient(
  server: Server,
  c: Context<AppEnv>,
  login: LoggedIn,
  left: readonly Application[],
): Promise<AccountPage["removed"]> {
  const query = readQuery(c);
  const client_id = query.get("removed");
  if (client_id === undefined || left.some((one) => one.client_id === client_id)) return undefined;
  const proof = query.get("proof") ?? "";
  if (!equalInConstantTime(proof, removalToken(server, c, login, client_id))) return undefined;
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
