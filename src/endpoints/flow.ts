/** What somebody is on the way to while they log in: a client, a device that waits for an answer, or a page of ours. */

import type { Context } from "hono";
import type { ClientRegistry } from "../clients/registry.ts";
import type { Config } from "../config/schema.ts";
import type { Ring } from "../lib/sealing.ts";
import {
  type DeviceVisit,
  type OpenInteraction,
  openInteraction,
  type PageVisit,
  pause,
  type Paused,
} from "../login/interaction.ts";
import { type OpenPushed, openPushed, pausePushed } from "../login/pushed_request.ts";
import type { AuthorizationRequest } from "../oauth/authorization_request.ts";
import type { ResponseTarget } from "../oauth/authorization_response.ts";
import { type Client, DEVICE_CODE } from "../oauth/client.ts";
import { PATHS } from "../oauth/metadata.ts";
import type { Demands } from "../oauth/prompt.ts";
import { matchRedirectUri } from "../oauth/redirect_uri.ts";
import type { Collections } from "../store/collection.ts";
import type { Store } from "../store/store.ts";
import { findDevice, type WaitingDevice } from "../tokens/device_authorization.ts";
import { browserOf, type BrowserServer } from "./browser.ts";
import { PageError } from "./errors.ts";
import type { AppEnv } from "./http.ts";
import { lost, lostFlow } from "./lost.ts";
import { provenClient } from "./or_page.ts";
import { type PageServer, seeOther } from "./page.ts";
import { admitWaiting, type WaitingServer } from "./waiting.ts";

/** What the pages of a flow need. */
export interface FlowServer extends PageServer, BrowserServer, WaitingServer {
  readonly config: Pick<Config, "issuer" | "security" | "sessions" | "tokens">;
  readonly records: Pick<
    Collections,
    "device_authorization" | "interaction" | "pushed_request" | "session" | "throttle" | "user_code"
  >;
  readonly store: Pick<Store, "commit">;
  readonly ring: Ring;
  readonly clients: Pick<ClientRegistry, "find">;
}

/** The way to a client: a request whose client and redirect URI are proven. */
export interface AuthorizationFlow {
  readonly kind: "authorization";
  readonly client: Client;
  readonly request: AuthorizationRequest;
  readonly target: ResponseTarget;
  /** What its client has pushed (RFC 9126); absent where the browser has brought the parameters. */
  readonly pushed?: OpenPushed;
  /** Absent while the request has not been put aside. */
  readonly open?: OpenInteraction;
}

/** The way to a page of ours. */
export interface VisitFlow {
  readonly kind: "visit";
  readonly visit: PageVisit;
  /** It leads to none. */
  readonly client?: undefined;
}

/** The way to the answer that a device waits for: it still waits, and its client may ask from devices. */
export interface DeviceFlow {
  readonly kind: "device";
  readonly client: Client;
  readonly visit: DeviceVisit;
  readonly device: WaitingDevice;
}

/** What is asked of whoever logs in on the way. */
export interface AskedLogin
  extends Demands, Pick<AuthorizationRequest, "login_hint" | "ui_locales"> {}

/** Anybody will do, whenever they have logged in. */
const ANYBODY: Omit<AskedLogin, "ui_locales"> = {
  prompt: [],
  max_age: undefined,
  hinted_sub: undefined,
  claims: undefined,
  acr_values: [],
  login_hint: undefined,
};

/** What waits for a person, and the browser that it is bound to. */
interface Waiting {
  readonly open: OpenInteraction;
  readonly browser: string;
  readonly asked: AskedLogin;
}

/** The way to a client, put aside. */
export type WaitingAuthorization = AuthorizationFlow & Waiting;

/** The way to a page of ours, put aside. */
export type WaitingVisit = VisitFlow & Waiting;

/** The way to a device's answer, put aside. */
export type WaitingDeviceFlow = DeviceFlow & Waiting;

/** Any way, put aside. */
export type WaitingFlow = WaitingAuthorization | WaitingVisit | WaitingDeviceFlow;

/** The flow that a page belongs to. Throws a `PageError` where it has ended, or belongs to another browser. */
export async function waitingFlow(
  server: FlowServer,
  c: Context<AppEnv>,
  handle: string | undefined,
): Promise<WaitingFlow> {
  const browser = browserOf(server, c);
  const open = await openInteraction(server, handle, browser);
  const way = open && await leadOn(server, open.paused);
  if (open === undefined || way === undefined) throw await lostFlow(server, handle, browser);
  return { ...way, open, browser };
}

type Way<F> = F & Pick<Waiting, "asked">;

/** Where what waits leads to; `undefined`: it was answered. Throws a `PageError` where it leads nowhere any more. */
async function leadOn(
  server: FlowServer,
  paused: Paused,
): Promise<Way<AuthorizationFlow> | Way<VisitFlow> | Way<DeviceFlow> | undefined> {
  switch (paused.kind) {
    case "authorization":
      return { ...await authorization(server, paused), asked: paused.request };
    case "visit":
      return { ...paused, asked: { ...ANYBODY, ui_locales: paused.visit.ui_locales } };
    case "device":
      return await provenDevice(server, paused.device);
    default:
      // A logout, and what became of a device, have pages of their own.
      return undefined;
  }
}

/** What its client has pushed may have been answered meanwhile, in another tab. */
async function authorization(
  server: FlowServer,
  { request, pushed: handle }: Extract<Paused, { kind: "authorization" }>,
): Promise<AuthorizationFlow> {
  const flow = await proven(server, request);
  if (handle === undefined) return flow;
  const pushed = await openPushed(server, handle);
  if (pushed === undefined) throw spent(flow.client);
  return { ...flow, pushed };
}

/** The client that a device is of; `undefined` where it may not, or not any more, ask from devices (RFC 8628 §3.4). */
export async function clientOfDevice(
  { clients }: Pick<FlowServer, "clients">,
  { device: { record } }: WaitingDevice,
): Promise<Client | undefined> {
  const client = await clients.find(record.client_id);
  return client?.enabled && client.grant_types.includes(DEVICE_CODE) ? client : undefined;
}

/** The device may have been answered meanwhile, or have given up; its client may be gone. */
async function provenDevice(server: FlowServer, visit: DeviceVisit): Promise<Way<DeviceFlow>> {
  const device = await findDevice(server, visit.user_code);
  const mine = device?.grant_id === visit.grant_id ? device : undefined;
  const client = mine && await clientOfDevice(server, mine);
  if (mine === undefined || client === undefined) {
    throw new PageError("invalid_request", "device_lost", "no device waits for this code any more");
  }
  const { default_max_age: max_age, default_acr_values: acr_values } = client;
  const asked = { ...ANYBODY, max_age, acr_values, ui_locales: visit.ui_locales };
  return { kind: "device", client, visit, device: mine, asked };
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

/** As `waitingFlow`, for a page that only the way to a device's answer has. */
export async function waitingDevice(
  server: FlowServer,
  c: Context<AppEnv>,
  handle: string | undefined,
): Promise<WaitingDeviceFlow> {
  const flow = await waitingFlow(server, c, handle);
  if (flow.kind !== "device") throw lost();
  return flow;
}

/** Configuration may have changed while the person was thinking: client and redirect URI are proven anew. */
async function proven(
  server: FlowServer,
  request: AuthorizationRequest,
): Promise<AuthorizationFlow> {
  const client = await provenClient(server, request.client_id);
  const target = provenTarget(client, request);
  if (target === undefined) {
    const { client_id } = client;
    const description = "redirect_uri is not registered for this client any more";
    throw new PageError("invalid_request", "redirect_uri", description, { client_id });
  }
  return { kind: "authorization", client, request, target };
}

/** Where the answer to a stored request goes; `undefined` where its redirect URI is the client's no more. */
export function provenTarget(
  client: Client,
  { redirect_uri: asked, response_mode, state }: AuthorizationRequest,
): ResponseTarget | undefined {
  const redirect_uri = matchRedirectUri(client, asked);
  return redirect_uri && { redirect_uri, response_mode, state };
}

/**
 * Puts a flow aside; answers its handle. Throws `TooManyRequests` where too much waits already, and a `PageError` where
 * its pushed request has been answered meanwhile.
 */
export async function putAside(
  server: FlowServer,
  c: Context<AppEnv>,
  { client, request, pushed }: Pick<AuthorizationFlow, "client" | "request" | "pushed">,
  browser: string | undefined,
): Promise<string> {
  await admitWaiting(server, c);
  if (pushed === undefined) return await pause(server, { kind: "authorization", request }, browser);
  const handle = await pausePushed(server, request, pushed, browser);
  if (handle === undefined) throw spent(client);
  return handle;
}

/** That a pushed request can't be used, or not any more; the person may go back to its client. */
export function spent(
  client: Client | undefined,
  detail: Record<string, unknown> = { reason: "answered" },
): PageError {
  const description = "the pushed request has expired, or was used before";
  const members = { client_id: client?.client_id, ...detail };
  return new PageError("invalid_request_uri", "pushed_request", description, members, client);
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
