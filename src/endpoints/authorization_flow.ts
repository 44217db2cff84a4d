/** How an authorization request gets from step to step: what is shown next, and at the end the answer to the client. */

import type { Context } from "hono";
import { base64url } from "../lib/bytes.ts";
import { type Standing, standingConsent } from "../login/consent.ts";
import { pause } from "../login/interaction.ts";
import { takePart } from "../login/session.ts";
import { authorizationResponse, errorParameters } from "../oauth/authorization_response.ts";
import { OAuthError } from "../oauth/error.ts";
import { PATHS } from "../oauth/metadata.ts";
import { isSomebodyElse, nextStep, type Step, STEP_ERROR } from "../oauth/prompt.ts";
import { scopeAsked } from "../oauth/scope_asked.ts";
import { renderFormPost } from "../pages/form_post.tsx";
import type { Collections } from "../store/collection.ts";
import type { Session } from "../store/records.ts";
import type { Store } from "../store/store.ts";
import { type AnswerServer, newAnswer } from "../tokens/authorization_answer.ts";
import { subjectFor } from "../tokens/subject.ts";
import { mayUse } from "../users/directory.ts";
import { browserOf, type LoggedIn, loggedIn } from "./browser.ts";
import { type AuthorizationFlow, type FlowServer, toInteraction } from "./flow.ts";
import { type AppEnv, audit } from "./http.ts";
import { formActionOf, page, seeOther, viewOf } from "./page.ts";
import { sessionStateOf } from "./session_state.ts";

/** What answering a client needs. */
export type AnsweringServer = FlowServer & AnswerServer & {
  readonly store: Pick<Store, "commit">;
  readonly records: Pick<Collections, "consent">;
};

/** As much of a flow as is known when its request turns out to be wrong. */
type RefusedFlow = Pick<AuthorizationFlow, "target"> & Partial<AuthorizationFlow>;

/** The page of each step. */
const PAGE_OF: Readonly<Record<Step, string>> = {
  login: PATHS.login,
  select_account: PATHS.login,
  consent: PATHS.consent,
};

/** Goes on with a flow: to the next page, or with the answer to the client. */
export async function proceed(
  server: AnsweringServer,
  c: Context<AppEnv>,
  flow: AuthorizationFlow,
): Promise<Response> {
  const { client, request, open } = flow;
  const login = await loggedIn(server, c);
  const scope = scopeAsked(server.scopes.identityClaims, client, request);
  const asked = { scope, redirect_uri: request.redirect_uri };
  const standing = login && await standingConsent(server, client, login.session.sub, asked);
  const step = login === undefined ? "login" : stepOf(server, flow, login.session, standing);
  // Whoever may not use the client is not asked for consent first.
  if (login !== undefined && (step ?? "consent") === "consent" && !mayUse(login.user, client)) {
    const error = new OAuthError("access_denied", "the user may not use this client");
    return await refuse(server, c, flow, error);
  }
  // OpenID Connect Core §3.1.2.1: somebody else than id_token_hint names has logged in instead
  const loggedInHere = open?.interaction.authenticated === login?.session.sid;
  if (
    login !== undefined && loggedInHere &&
    isSomebodyElse(request, subjectFor(server, client, login.session.sub))
  ) {
    const error = new OAuthError("login_required", "another user than id_token_hint names");
    return await refuse(server, c, flow, error);
  }
  if (login !== undefined && step === undefined) {
    return await answer(server, c, flow, login, standing);
  }
  const due = step ?? "login";
  if (request.prompt.includes("none")) {
    const error = new OAuthError(STEP_ERROR[due], "prompt=none, but a person would be asked");
    return await refuse(server, c, flow, error);
  }
  return await toPage(server, c, flow, PAGE_OF[due]);
}

/** To a page of the flow, which is put aside for that if it is not yet. */
async function toPage(
  server: AnsweringServer,
  c: Context<AppEnv>,
  { request, open }: AuthorizationFlow,
  path: string,
): Promise<Response> {
  const handle = open?.handle ??
    await pause(server, { kind: "authorization", request }, browserOf(server, c));
  return toInteraction(server, c, path, handle);
}

function stepOf(
  server: AnsweringServer,
  { client, request, open }: AuthorizationFlow,
  session: Session,
  standing: Standing | undefined,
): Step | undefined {
  const progress = {
    session,
    subject: subjectFor(server, client, session.sub),
    interaction: open?.interaction,
    allowed: standing !== undefined,
  };
  return nextStep(request, progress, server.env.now());
}

/** Ends a flow with what was asked for. */
async function answer(
  server: AnsweringServer,
  c: Context<AppEnv>,
  flow: AuthorizationFlow,
  login: LoggedIn,
  standing: Standing | undefined,
): Promise<Response> {
  const { client, request, open } = flow;
  const { sub } = login.session;
  const { writes, respond } = newAnswer(server, client, request, login);
  const part = takePart(server, login.read, client.client_id);
  // Whoever answers twice, or withdraws the answer that this goes back to, in this very moment, comes first.
  const asked = open?.interaction.consented === sub;
  const basis = asked ? undefined : standing?.check;
  const committed = await server.store.commit({
    checks: [open?.check, basis, part.check].filter((check) => check !== undefined),
    writes: [
      ...writes,
      ...part.writes,
      ...open === undefined
        ? []
        : server.records.interaction.erase({ record: open.interaction, check: open.check }),
    ],
  });
  if (!committed) return await toPage(server, c, flow, PATHS.resume);
  audit(server, c, "authorization.granted", { client_id: client.client_id, sub });
  const session_state = sessionStateOf(server, c, request, login.session);
  return send(server, c, flow, { ...await respond(), ...session_state });
}

/** Ends a flow with an error for the client (RFC 6749 §4.1.2.1). */
export async function refuse(
  server: FlowServer,
  c: Context<AppEnv>,
  flow: RefusedFlow,
  error: OAuthError,
): Promise<Response> {
  if (flow.open !== undefined) await server.records.interaction.delete(flow.open.handle);
  const { code, message, detail } = error;
  const members = { error: code, error_description: message, ...detail };
  audit(server, c, "authorization.refused", { client_id: flow.client?.client_id, ...members });
  const session = flow.request && (await loggedIn(server, c))?.session;
  const state = flow.request && sessionStateOf(server, c, flow.request, session);
  return send(server, c, flow, { ...errorParameters(error), ...state });
}

function send(
  server: FlowServer,
  c: Context<AppEnv>,
  { target, request }: RefusedFlow,
  parameters: Readonly<Record<string, string>>,
): Response {
  const response = authorizationResponse(target, server.config.issuer, parameters);
  if ("location" in response) return seeOther(c, response.location);
  const nonce = base64url(server.env.random(16));
  const html = renderFormPost(viewOf(server, c, request?.ui_locales), { ...response, nonce });
  return page(c, html, { nonce, formAction: formActionOf(response.action) });
}
