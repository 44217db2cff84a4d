/** How an authorization request gets from step to step: what is shown next, and at the end the answer to the client. */

import type { Context } from "hono";
import type { Config } from "../config/schema.ts";
import { base64url } from "../lib/bytes.ts";
import { type Standing, standingConsent } from "../login/consent.ts";
import { pause } from "../login/interaction.ts";
import { takePart } from "../login/session.ts";
import { acrDemand, acrOf } from "../oauth/acr.ts";
import { authorizationResponse, errorParameters } from "../oauth/authorization_response.ts";
import { OAuthError } from "../oauth/error.ts";
import { PATHS } from "../oauth/metadata.ts";
import {
  agedLogin,
  isForThis,
  isSomebodyElse,
  judgeLogin,
  nextStep,
  type Progress,
  type Step,
  STEP_ERROR,
} from "../oauth/prompt.ts";
import { brings } from "../oauth/response_type.ts";
import { scopeAsked } from "../oauth/scope_asked.ts";
import { renderFormPost } from "../pages/form_post.tsx";
import type { Collections } from "../store/collection.ts";
import type { Session } from "../store/records.ts";
import type { Store } from "../store/store.ts";
import { type AnswerServer, newAnswer } from "../tokens/authorization_answer.ts";
import { idTokenProblem } from "../tokens/id_token.ts";
import { subjectFor } from "../tokens/subject.ts";
import { mayUse } from "../users/directory.ts";
import { browserOf, type LoggedIn, loggedIn } from "./browser.ts";
import { type AuthorizationFlow, type FlowServer, toInteraction } from "./flow.ts";
import { type AppEnv, audit } from "./http.ts";
import { formActionOf, page, seeOther, viewOf } from "./page.ts";
import { sessionStateOf } from "./session_state.ts";

/** What answering a client needs. */
export type AnsweringServer = FlowServer & AnswerServer & {
  readonly config: Pick<Config, "security">;
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
  const { client, request } = flow;
  const login = await loggedIn(server, c);
  const scope = scopeAsked(server.scopes.identityClaims, client, request);
  const asked = { scope, redirect_uri: request.redirect_uri };
  const standing = login && await standingConsent(server, client, login.session.sub, asked);
  const progress = login && progressOf(server, flow, login.session, standing);
  const now = server.env.now();
  const ladder = server.config.security.login.acr_ladder;
  const step = progress === undefined ? "login" : nextStep(ladder, request, progress, now);
  const error = refusalOf(server, flow, step, login, progress);
  if (error !== undefined) return await refuse(server, c, flow, error);
  if (login !== undefined && progress !== undefined && step === undefined) {
    const acr = acrOf(ladder, acrDemand(request), agedLogin(progress, now));
    return await answer(server, c, flow, { ...login, acr }, standing);
  }
  return await toPage(server, c, flow, PAGE_OF[step ?? "login"]);
}

function progressOf(
  server: AnsweringServer,
  { client, open }: AuthorizationFlow,
  session: Session,
  standing: Standing | undefined,
): Progress {
  return {
    session,
    subject: subjectFor(server, client, session.sub),
    interaction: open?.interaction,
    allowed: standing !== undefined,
  };
}

/** Why a flow can't go on; `undefined`: it can. */
function refusalOf(
  { config, env }: AnsweringServer,
  { client, request }: AuthorizationFlow,
  step: Step | undefined,
  login: LoggedIn | undefined,
  progress: Progress | undefined,
): OAuthError | undefined {
  // OpenID Connect Core Unmet Authentication Requirements §1; nobody is asked for a login that can't be enough
  if (judgeLogin(config.security.login.acr_ladder, request, progress, env.now()) === "unmet") {
    const description = "no login here reaches the acr that is asked for";
    return new OAuthError("unmet_authentication_requirements", description);
  }
  // Whoever may not use the client is not asked for consent first.
  if (login !== undefined && (step ?? "consent") === "consent" && !mayUse(login.user, client)) {
    return new OAuthError("access_denied", "the user may not use this client");
  }
  // OpenID Connect Core §3.1.2.1: somebody else than id_token_hint names has logged in instead
  if (
    progress !== undefined && isForThis(progress) && isSomebodyElse(request, progress.subject)
  ) return new OAuthError("login_required", "another user than the one who is asked for");
  if (step !== undefined && request.prompt.includes("none")) {
    return new OAuthError(STEP_ERROR[step], "prompt=none, but a person would be asked");
  }
  return undefined;
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

/** Ends a flow with what was asked for. */
async function answer(
  server: AnsweringServer,
  c: Context<AppEnv>,
  flow: AuthorizationFlow,
  login: LoggedIn & { readonly acr: string | undefined },
  standing: Standing | undefined,
): Promise<Response> {
  const { client, request, open } = flow;
  const { sub } = login.session;
  const problem = brings(request.response_type, "id_token")
    ? await idTokenProblem(server, client)
    : undefined;
  if (problem !== undefined) return await refuse(server, c, flow, problem);
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

/**
 * Ends a flow with an error for the client (RFC 6749 §4.1.2.1). RFC 9700 §4.11.2 would have the person log in before any
 * redirect, lest a client that registered itself phishes by errors; the operator has registered each redirect URI here.
 */
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
