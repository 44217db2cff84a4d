/** How an authorization request gets from step to step: what is shown next, and at the end the answer to the client. */

import type { Context } from "hono";
import type { ClientRegistry } from "../clients/registry.ts";
import type { Config } from "../config/schema.ts";
import { base64url } from "../lib/bytes.ts";
import type { Env } from "../lib/env.ts";
import type { Ring } from "../lib/sealing.ts";
import { standingConsent } from "../login/consent.ts";
import { type OpenInteraction, openInteraction, pauseRequest } from "../login/interaction.ts";
import { readSession } from "../login/session.ts";
import type { AuthorizationRequest } from "../oauth/authorization_request.ts";
import {
  authorizationResponse,
  errorParameters,
  type ResponseTarget,
} from "../oauth/authorization_response.ts";
import type { Client } from "../oauth/client.ts";
import { OAuthError } from "../oauth/error.ts";
import { PATHS } from "../oauth/metadata.ts";
import { isSomebodyElse, nextStep, type Step, STEP_ERROR } from "../oauth/prompt.ts";
import { matchRedirectUri } from "../oauth/redirect_uri.ts";
import { renderFormPost } from "../pages/form_post.tsx";
import type { Collections } from "../store/collection.ts";
import type { Session } from "../store/records.ts";
import type { Store } from "../store/store.ts";
import { newCode } from "../tokens/code.ts";
import { mayUse, type User, type UserDirectory } from "../users/directory.ts";
import type { Cookies } from "./cookies.ts";
import { PageError } from "./errors.ts";
import { type AppEnv, audit } from "./http.ts";
import { formActionOf, page, type PageServer, viewOf } from "./page.ts";

/** What the pages of a flow need. */
export interface FlowServer extends PageServer {
  readonly env: Env;
  readonly config: Pick<Config, "issuer" | "sessions">;
  readonly store: Pick<Store, "commit">;
  readonly records: Pick<
    Collections,
    "authorization" | "consent" | "interaction" | "session"
  >;
  readonly ring: Ring;
  readonly clients: Pick<ClientRegistry, "find">;
  readonly users: Pick<UserDirectory, "findBySub">;
  readonly cookies: Cookies;
}

/** A request whose client and redirect URI are proven. */
export interface Flow {
  readonly client: Client;
  readonly request: AuthorizationRequest;
  readonly target: ResponseTarget;
  /** Absent while the request has not been put aside. */
  readonly open?: OpenInteraction;
}

/** A flow that waits, and the browser that it is bound to. */
export interface WaitingFlow extends Flow {
  readonly open: OpenInteraction;
  readonly browser: string;
}

/** Somebody who is logged in with this browser. */
export interface LoggedIn {
  readonly session: Session;
  readonly user: User;
}

/** Who is logged in with this browser, if they may still log in. */
export async function loggedIn(
  server: FlowServer,
  c: Context<AppEnv>,
): Promise<LoggedIn | undefined> {
  const session = await readSession(server, server.cookies.get(c, "session"));
  const user = session && await server.users.findBySub(session.sub);
  return session !== undefined && user?.enabled ? { session, user } : undefined;
}

/** The cookie that binds interactions to this browser; set where there is none yet. */
function browserOf(server: FlowServer, c: Context<AppEnv>): string {
  const known = server.cookies.get(c, "browser");
  if (known !== undefined && known.length >= 43) return known;
  const made = base64url(server.env.random(32));
  server.cookies.set(c, "browser", made);
  return made;
}

/** The flow that a page belongs to. Throws a `PageError` where it has ended, or belongs to another browser. */
export async function waitingFlow(
  server: FlowServer,
  c: Context<AppEnv>,
  handle: string | undefined,
): Promise<WaitingFlow> {
  const browser = browserOf(server, c);
  const open = await openInteraction(server, handle, browser);
  if (open === undefined) throw lost();
  const { request } = open;
  const client = await server.clients.find(request.client_id);
  // Configuration may have changed while the person was thinking: the redirect URI is proven anew.
  const redirect_uri = client?.enabled ? matchRedirectUri(client, request.redirect_uri) : undefined;
  if (client === undefined || redirect_uri === undefined) throw lost();
  const { response_mode, state } = request;
  return { client, request, open, browser, target: { redirect_uri, response_mode, state } };
}

function lost(): PageError {
  return new PageError("invalid_request", "interaction_lost", "the interaction has ended");
}

/** The page of each step. */
const PAGE_OF: Readonly<Record<Step, string>> = {
  login: PATHS.login,
  select_account: PATHS.login,
  consent: PATHS.consent,
};

/** Goes on with a flow: to the next page, or with the answer to the client. */
export async function proceed(
  server: FlowServer,
  c: Context<AppEnv>,
  flow: Flow,
): Promise<Response> {
  const { client, request, open } = flow;
  const login = await loggedIn(server, c);
  const step = login === undefined ? "login" : await stepOf(server, flow, login.session);
  // Whoever may not use the client is not asked for consent first.
  if (login !== undefined && (step ?? "consent") === "consent" && !mayUse(login.user, client)) {
    const error = new OAuthError("access_denied", "the user may not use this client");
    return await refuse(server, c, flow, error);
  }
  // OpenID Connect Core §3.1.2.1: somebody else than id_token_hint names has logged in instead
  const loggedInHere = open?.interaction.authenticated === login?.session.sid;
  if (login !== undefined && loggedInHere && isSomebodyElse(request, login.session)) {
    const error = new OAuthError("login_required", "another user than id_token_hint names");
    return await refuse(server, c, flow, error);
  }
  if (login !== undefined && step === undefined) {
    return await answer(server, c, flow, login.session);
  }
  const due = step ?? "login";
  if (request.prompt.includes("none")) {
    const error = new OAuthError(STEP_ERROR[due], "prompt=none, but a person would be asked");
    return await refuse(server, c, flow, error);
  }
  const handle = open?.handle ?? await pauseRequest(server, request, browserOf(server, c));
  return toInteraction(server, c, PAGE_OF[due], handle);
}

async function stepOf(
  server: FlowServer,
  { client, request, open }: Flow,
  session: Session,
): Promise<Step | undefined> {
  const standing = await standingConsent(server, client, session.sub, request);
  const progress = { session, interaction: open?.interaction, allowed: standing !== undefined };
  return nextStep(request, progress, server.env.now());
}

/** Ends a flow with a code. */
async function answer(
  server: FlowServer,
  c: Context<AppEnv>,
  flow: Flow,
  session: Session,
): Promise<Response> {
  const { client, request, open } = flow;
  const { code, writes } = newCode(server, client, request, session);
  const committed = await server.store.commit(
    open === undefined ? { writes } : {
      checks: [open.check],
      writes: [
        ...writes,
        ...server.records.interaction.erase({ record: open.interaction, check: open.check }),
      ],
    },
  );
  if (!committed) throw lost();
  audit(server, c, "authorization.granted", { client_id: client.client_id, sub: session.sub });
  return respond(server, c, flow, { code });
}

/** Ends a flow with an error for the client (RFC 6749 §4.1.2.1). */
export async function refuse(
  server: FlowServer,
  c: Context<AppEnv>,
  flow: Pick<Flow, "target"> & Partial<Flow>,
  error: OAuthError,
): Promise<Response> {
  if (flow.open !== undefined) await server.records.interaction.delete(flow.open.handle);
  const { code, message, detail } = error;
  const members = { error: code, error_description: message, ...detail };
  audit(server, c, "authorization.refused", { client_id: flow.client?.client_id, ...members });
  return respond(server, c, flow, errorParameters(error));
}

function respond(
  server: FlowServer,
  c: Context<AppEnv>,
  { target, request }: Pick<Flow, "target"> & Partial<Flow>,
  parameters: Readonly<Record<string, string>>,
): Response {
  const response = authorizationResponse(target, server.config.issuer, parameters);
  if ("location" in response) return seeOther(c, response.location);
  const nonce = base64url(server.env.random(16));
  const html = renderFormPost(viewOf(server, c, request?.ui_locales), { ...response, nonce });
  return page(c, html, { nonce, formAction: formActionOf(response.action) });
}

/** The browser goes on with its flow by a GET, so that going back repeats no form. */
export function backToFlow(
  server: FlowServer,
  c: Context<AppEnv>,
  { open }: Pick<WaitingFlow, "open">,
): Response {
  return toInteraction(server, c, PATHS.resume, open.handle);
}

/** To a page of a waiting flow. The handle in its address is worth nothing in another browser. */
export function toInteraction(
  server: Pick<FlowServer, "config">,
  c: Context<AppEnv>,
  path: string,
  handle: string,
): Response {
  return seeOther(c, `${server.config.issuer}${path}?interaction=${handle}`);
}

/** RFC 9700 §4.12: 303, so that no browser posts a password on. */
function seeOther(c: Context<AppEnv>, location: string): Response {
  return c.body(null, 303, {
    "Location": location,
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
  });
}
