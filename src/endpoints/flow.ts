/** What somebody is on the way to while they log in: a client, or a page of ours. */

import type { Context } from "hono";
import type { ClientRegistry } from "../clients/registry.ts";
import type { Config } from "../config/schema.ts";
import type { Ring } from "../lib/sealing.ts";
import { type OpenInteraction, openInteraction, type PageVisit } from "../login/interaction.ts";
import type { AuthorizationRequest } from "../oauth/authorization_request.ts";
import type { ResponseTarget } from "../oauth/authorization_response.ts";
import type { Client } from "../oauth/client.ts";
import { PATHS } from "../oauth/metadata.ts";
import { matchRedirectUri } from "../oauth/redirect_uri.ts";
import type { Collections } from "../store/collection.ts";
import { browserOf, type BrowserServer } from "./browser.ts";
import { PageError } from "./errors.ts";
import type { AppEnv } from "./http.ts";
import { type PageServer, seeOther } from "./page.ts";

/** What the pages of a flow need. */
export interface FlowServer extends PageServer, BrowserServer {
  readonly config: Pick<Config, "issuer" | "sessions" | "tokens">;
  readonly records: Pick<Collections, "interaction" | "session">;
  readonly ring: Ring;
  readonly clients: Pick<ClientRegistry, "find">;
}

/** The way to a client: a request whose client and redirect URI are proven. */
export interface AuthorizationFlow {
  readonly kind: "authorization";
  readonly client: Client;
  readonly request: AuthorizationRequest;
  readonly target: ResponseTarget;
  /** Absent while the request has not been put aside. */
  readonly open?: OpenInteraction;
}

/** The way to a page of ours. */
export interface VisitFlow {
  readonly kind: "visit";
  readonly visit: PageVisit;
}

/** What waits for a person, and the browser that it is bound to. */
interface Waiting {
  readonly open: OpenInteraction;
  readonly browser: string;
}

/** The way to a client, put aside. */
export type WaitingAuthorization = AuthorizationFlow & Waiting;

/** The way to a page of ours, put aside. */
export type WaitingVisit = VisitFlow & Waiting;

/** Either way, put aside. */
export type WaitingFlow = WaitingAuthorization | WaitingVisit;

/** The flow that a page belongs to. Throws a `PageError` where it has ended, or belongs to another browser. */
export async function waitingFlow(
  server: FlowServer,
  c: Context<AppEnv>,
  handle: string | undefined,
): Promise<WaitingFlow> {
  const browser = browserOf(server, c);
  const open = await openInteraction(server, handle, browser);
  if (open === undefined) throw lost();
  const { paused } = open;
  if (paused.kind === "visit") return { ...paused, open, browser };
  // A logout has a page of its own.
  if (paused.kind !== "authorization") throw lost();
  return { ...await proven(server, paused.request), open, browser };
}

/** As `waitingFlow`, for a page that only the way to a client has; any other way is as good as none. */
export async function waitingAuthorization(
  server: FlowServer,
  c: Context<AppEnv>,
  handle: string | undefined,
): Promise<WaitingAuthorization> {
  const flow = await waitingFlow(server, c, handle);
  if (flow.kind !== "authorization") throw lost();
  return flow;
}

/** Configuration may have changed while the person was thinking: client and redirect URI are proven anew. */
async function proven(
  server: FlowServer,
  request: AuthorizationRequest,
): Promise<AuthorizationFlow> {
  const client = await server.clients.find(request.client_id);
  const redirect_uri = client?.enabled ? matchRedirectUri(client, request.redirect_uri) : undefined;
  if (client === undefined || redirect_uri === undefined) throw lost();
  const { response_mode, state } = request;
  return {
    kind: "authorization",
    client,
    request,
    target: { redirect_uri, response_mode, state },
  };
}

/** That a flow has ended, or never was. */
export function lost(): PageError {
  return new PageError("invalid_request", "interaction_lost", "the interaction has ended");
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
