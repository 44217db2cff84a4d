/** How a client is answered: with what it asked for, or with why it doesn't get that. */

import type { Context } from "hono";
import { base64url } from "../lib/bytes.ts";
import type { Standing } from "../login/consent.ts";
import { endRequest, turnedInto } from "../login/interaction.ts";
import { endPushed } from "../login/pushed_request.ts";
import { takePart } from "../login/session.ts";
import { authorizationResponse, errorParameters } from "../oauth/authorization_response.ts";
import type { OAuthError } from "../oauth/error.ts";
import { brings } from "../oauth/response_type.ts";
import { renderFormPost } from "../pages/form_post.tsx";
import type { Session } from "../store/records.ts";
import { type AnswerServer, newAnswer } from "../tokens/authorization_answer.ts";
import { idTokenProblem } from "../tokens/id_token.ts";
import type { LoggedIn } from "./browser.ts";
import { type AuthorizationFlow, type FlowServer } from "./flow.ts";
import { type AppEnv, audit } from "./http.ts";
import { lost } from "./lost.ts";
import { formActionOf, page, seeOther, viewOf } from "./page.ts";
import { spent } from "./put_aside.ts";
import { sessionStateOf } from "./session_state.ts";

/** What answering a client needs. */
export type AnsweringServer = FlowServer & AnswerServer;

/** As much of a flow as is known when its request turns out to be wrong. */
type RefusedFlow = Pick<AuthorizationFlow, "target"> & Partial<AuthorizationFlow>;

/** Ends a flow with what was asked for; `undefined` where something has changed at this very moment, so that it has to be looked at again. */
export async function answer(
  server: AnsweringServer,
  c: Context<AppEnv>,
  flow: AuthorizationFlow,
  login: LoggedIn & { readonly acr: string | undefined },
  standing: Standing | undefined,
): Promise<Response | undefined> {
  const { client, request, open, pushed } = flow;
  const { sub } = login.session;
  const problem = brings(request.response_type, "id_token")
    ? await idTokenProblem(server, client)
    : undefined;
  if (problem !== undefined) return await refuse(server, c, flow, problem, login.session);
  const { writes, respond } = newAnswer(server, client, request, login);
  const part = takePart(server, login.read, client.client_id);
  // Whoever answers twice, or withdraws the answer that this goes back to, in this very moment, comes first.
  const asked = open?.interaction.consented === sub;
  const basis = asked ? undefined : standing?.check;
  const committed = await server.store.commit({
    checks: [open?.check, pushed?.read.check, basis, part.check].filter((check) =>
      check !== undefined
    ),
    writes: [
      ...writes,
      ...part.writes,
      ...open === undefined
        ? []
        : turnedInto(server, open, { kind: "answered", client_id: client.client_id }),
      // RFC 9126 §7.3: whatever else was begun with the same request_uri is answered no more
      ...pushed === undefined ? [] : server.records.pushed_request.erase(pushed.read),
    ],
  });
  if (!committed) return undefined;
  audit(server, c, "authorization.granted", { client_id: client.client_id, sub });
  const session_state = sessionStateOf(server, c, request, login.session);
  return send(server, c, flow, { ...await respond(), ...session_state });
}

/**
 * Ends a flow with an error for the client (RFC 6749 §4.1.2.1); `session` is that of the browser, if anybody is logged in.
 * RFC 9700 §4.11.2 would have the person log in before any redirect, lest a client that registered itself phishes by
 * errors; the operator has registered each redirect URI here.
 */
export async function refuse(
  server: FlowServer,
  c: Context<AppEnv>,
  flow: RefusedFlow,
  error: OAuthError,
  session: Session | undefined,
): Promise<Response> {
  await end(server, flow);
  const client_id = flow.client?.client_id;
  const { code, message, detail } = error;
  const members = { error: code, error_description: message, ...detail };
  audit(server, c, "authorization.refused", { client_id, ...members });
  const state = flow.request && sessionStateOf(server, c, flow.request, session);
  return send(server, c, flow, { ...errorParameters(error), ...state });
}

/** Ends what waits. Throws a `PageError` where the client has its answer already, by another tab. */
async function end(server: FlowServer, { client, open, pushed }: RefusedFlow): Promise<void> {
  const client_id = client?.client_id;
  const waiting = open !== undefined && client_id !== undefined ? { open, client_id } : undefined;
  if (pushed === undefined) {
    if (waiting === undefined) return;
    if (await endRequest(server, waiting.open.handle, waiting.client_id)) return;
    throw lost("answered", client);
  }
  const writes = waiting
    ? turnedInto(server, waiting.open, { kind: "answered", client_id: waiting.client_id })
    : [];
  if (!await endPushed(server, pushed, writes)) throw spent(client);
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
