/** Which flow does a page belong to, and does it still lead where it did when it was put aside? */

import type { Context } from "hono";
import { openInteraction } from "../login/interaction.ts";
import type { DeviceVisit, Paused } from "../login/paused.ts";
import { openPushed } from "../login/pushed_request.ts";
import { type AuthorizationRequest, storedTarget } from "../oauth/authorization_request.ts";
import { type Client, DEVICE_CODE } from "../oauth/client.ts";
import { findDevice, type WaitingDevice } from "../tokens/device_authorization.ts";
import { browserOf } from "./browser.ts";
import { PageError } from "./errors.ts";
import type {
  AskedLogin,
  AuthorizationFlow,
  DeviceFlow,
  FlowServer,
  VisitFlow,
  Waiting,
  WaitingAuthorization,
  WaitingDeviceFlow,
  WaitingFlow,
} from "./flow.ts";
import type { AppEnv } from "./http.ts";
import { lost, lostFlow } from "./lost.ts";
import { provenClient } from "./or_page.ts";
import { spent } from "./put_aside.ts";

/** Anybody will do, whenever they have logged in. */
const ANYBODY: Omit<AskedLogin, "ui_locales"> = {
  prompt: [],
  max_age: undefined,
  hinted_sub: undefined,
  claims: undefined,
  acr_values: [],
  login_hint: undefined,
};

/** The flow that a page belongs to. Throws a `PageError` where it has ended, or belongs to another browser. */
export async function waitingFlow(
  server: FlowServer,
  c: Context<AppEnv>,
  handle: string | undefined,
): Promise<WaitingFlow> {
  const browser = browserOf(server, c);
  const open = await openInteraction(server, handle, browser);
  const way = open && await leadOn(server, open.paused.kind, open.paused);
  if (open === undefined || way === undefined) throw await lostFlow(server, handle, browser);
  return { ...way, open, browser };
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

type Way<F> = F & Pick<Waiting, "asked">;

type AnyWay = Way<AuthorizationFlow> | Way<VisitFlow> | Way<DeviceFlow>;

type PausedOf = { readonly [K in Paused["kind"]]: Extract<Paused, { kind: K }> };

/** A logout, and what became of a request or a device, have pages of their own. */
const nowhere = () => undefined;

/** Where each kind of what waits leads to; `undefined`: to no page of a flow. */
const LEADS_TO: {
  readonly [K in keyof PausedOf]: (
    server: FlowServer,
    paused: PausedOf[K],
  ) => AnyWay | undefined | Promise<AnyWay>;
} = {
  authorization: provenRequest,
  visit: (_, paused) => ({
    ...paused,
    asked: { ...ANYBODY, ui_locales: paused.visit.ui_locales },
  }),
  device: (server, { device }) => provenDevice(server, device),
  device_answered: nowhere,
  answered: nowhere,
  logout: nowhere,
  logged_out: nowhere,
};

/** Throws a `PageError` where it leads nowhere any more. */
async function leadOn<K extends keyof PausedOf>(
  server: FlowServer,
  kind: K,
  paused: PausedOf[K],
): Promise<AnyWay | undefined> {
  return await LEADS_TO[kind](server, paused);
}

/** What its client has pushed may have been answered meanwhile, in another tab. */
async function provenRequest(
  server: FlowServer,
  { request, pushed: handle }: Extract<Paused, { kind: "authorization" }>,
): Promise<Way<AuthorizationFlow>> {
  const flow = { ...await proven(server, request), asked: request };
  if (handle === undefined) return flow;
  const pushed = await openPushed(server, handle);
  if (pushed === undefined) throw spent(flow.client);
  return { ...flow, pushed };
}

/** Configuration may have changed while the person was thinking: client and redirect URI are proven anew. */
async function proven(
  server: FlowServer,
  request: AuthorizationRequest,
): Promise<AuthorizationFlow> {
  const client = await provenClient(server, request.client_id);
  const target = storedTarget(client, request);
  if (target === undefined) {
    const { client_id } = client;
    const description = "redirect_uri is not registered for this client any more";
    throw new PageError("invalid_request", "redirect_uri", description, { client_id });
  }
  return { kind: "authorization", client, request, target };
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
