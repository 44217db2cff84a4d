/** How an authorization request gets from step to step: what is shown next, and at the end the answer to the client. */

import type { Context } from "hono";
import { type Standing, standingConsent } from "../login/consent.ts";
import { acrDemand, acrOf } from "../oauth/acr.ts";
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
import { scopeAsked } from "../oauth/scope_asked.ts";
import { refusalSince } from "../oauth/standing_request.ts";
import type { Collections } from "../store/collection.ts";
import type { Session } from "../store/records.ts";
import { subjectFor } from "../tokens/subject.ts";
import { mayUse } from "../users/directory.ts";
import { browserOf, type LoggedIn, loggedIn } from "./browser.ts";
import { answer, type AnsweringServer, refuse } from "./client_answer.ts";
import { type AuthorizationFlow, toInteraction } from "./flow.ts";
import type { AppEnv } from "./http.ts";
import { putRequestAside } from "./put_aside.ts";

/** What going on needs. */
export type ProceedingServer = AnsweringServer & {
  readonly records: Pick<Collections, "consent">;
};

/** The page of each step. */
const PAGE_OF: Readonly<Record<Step, string>> = {
  login: PATHS.login,
  select_account: PATHS.login,
  consent: PATHS.consent,
};

/** Goes on with a flow: to the next page, or with the answer to the client. */
export async function proceed(
  server: ProceedingServer,
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
  if (error !== undefined) return await refuse(server, c, flow, error, login?.session);
  if (login !== undefined && progress !== undefined && step === undefined) {
    const acr = acrOf(ladder, acrDemand(request), agedLogin(progress, now));
    return await answer(server, c, flow, { ...login, acr }, standing) ??
      await toPage(server, c, flow, PATHS.resume);
  }
  return await toPage(server, c, flow, PAGE_OF[step ?? "login"]);
}

function progressOf(
  server: ProceedingServer,
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
  { config, env }: ProceedingServer,
  { client, request }: AuthorizationFlow,
  step: Step | undefined,
  login: LoggedIn | undefined,
  progress: Progress | undefined,
): OAuthError | undefined {
  const since = refusalSince(config.resources, client, request);
  if (since !== undefined) return since;
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
  server: ProceedingServer,
  c: Context<AppEnv>,
  flow: AuthorizationFlow,
  path: string,
): Promise<Response> {
  const handle = flow.open?.handle ?? await putRequestAside(server, c, flow, browserOf(server, c));
  return toInteraction(server, c, path, handle);
}
