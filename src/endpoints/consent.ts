/** GET and POST /account/consent: may this client have that? */

import type { Context } from "hono";
import type { ScopeCatalog } from "../config/scope_catalog.ts";
import { forgetConsent, mayRemember, rememberConsent } from "../login/consent.ts";
import { formToken } from "../login/form_token.ts";
import { noteProgress } from "../login/interaction.ts";
import { OAuthError } from "../oauth/error.ts";
import { PATHS } from "../oauth/metadata.ts";
import { scopeAsked } from "../oauth/scope_asked.ts";
import { renderConsent } from "../pages/consent.tsx";
import type { Collections } from "../store/collection.ts";
import { displayName } from "../users/directory.ts";
import { loggedIn } from "./browser.ts";
import { refuse } from "./client_answer.ts";
import { backToFlow, type FlowServer } from "./flow.ts";
import { checkFormToken, sentForm } from "./form.ts";
import { type AppEnv, audit, readQuery } from "./http.ts";
import { formActionOf, page, viewOf } from "./page.ts";
import { waitingAuthorization } from "./waiting_flow.ts";

type Server = FlowServer & {
  readonly scopes: Pick<ScopeCatalog, "describe" | "identityClaims">;
  readonly records: Pick<Collections, "consent">;
};

/** Shows what is asked; whoever is not logged in goes back to the flow's first step. */
export async function showConsent(server: Server, c: Context<AppEnv>): Promise<Response> {
  const flow = await waitingAuthorization(server, c, readQuery(c).get("interaction"));
  const { client, request, open, browser, target } = flow;
  const login = await loggedIn(server, c);
  if (login === undefined) return backToFlow(server, c, flow);
  const html = renderConsent(viewOf(server, c, request.ui_locales), {
    action: server.config.issuer + PATHS.consent,
    interaction: open.handle,
    csrf_token: formToken(open.handle, browser, login.session.sid),
    client,
    user: { name: displayName(login.user) },
    scopes: scopeAsked(server.scopes.identityClaims, client, request).map((name) =>
      server.scopes.describe(name)
    ),
    remember: mayRemember(client, target.redirect_uri),
    redirect_host: hostOf(target.redirect_uri),
  });
  return page(c, html, {
    formAction: formActionOf(target.redirect_uri),
    clients: [client],
  });
}

/** Takes the answer, of the person to whom the page was shown. */
export async function submitConsent(server: Server, c: Context<AppEnv>): Promise<Response> {
  const form = await sentForm(server, c);
  const flow = await waitingAuthorization(server, c, form.get("interaction"));
  const { client, request, open, browser, target } = flow;
  const login = await loggedIn(server, c);
  if (login === undefined) return backToFlow(server, c, flow);
  const { session } = login;
  checkFormToken(form, formToken(open.handle, browser, session.sid));
  const scope = scopeAsked(server.scopes.identityClaims, client, request);
  const members = { client_id: client.client_id, sub: session.sub, scope: scope.join(" ") };
  if (form.get("action") !== "allow") {
    audit(server, c, "consent.denied", members);
    const error = new OAuthError("access_denied", "the user denied it");
    return await refuse(server, c, flow, error, session);
  }
  if (mayRemember(client, target.redirect_uri)) {
    // The latest answer counts: where the box is empty, what was remembered of these scopes is forgotten.
    const keep = form.get("remember") === undefined ? forgetConsent : rememberConsent;
    await keep(server, client, session.sub, scope);
  }
  await noteProgress(server, open.handle, { consented: session.sub });
  audit(server, c, "consent.granted", members);
  return backToFlow(server, c, flow);
}

/** Where the answer goes, as people read it: a host, or the scheme of an app. */
function hostOf(redirect_uri: string): string {
  const { host, protocol } = new URL(redirect_uri);
  return host === "" ? protocol.slice(0, -1) : host;
}
