/** What somebody is on the way to while they log in: a client, a device that waits for an answer, or a page of ours. */

import type { Context } from "hono";
import type { ClientRegistry } from "../clients/registry.ts";
import type { Config } from "../config/schema.ts";
import type { Ring } from "../lib/sealing.ts";
import type { OpenInteraction } from "../login/interaction.ts";
import type { DeviceVisit, PageVisit } from "../login/paused.ts";
import type { OpenPushed } from "../login/pushed_request.ts";
import type { AuthorizationRequest } from "../oauth/authorization_request.ts";
import type { ResponseTarget } from "../oauth/authorization_response.ts";
import type { Client } from "../oauth/client.ts";
import { PATHS } from "../oauth/metadata.ts";
import type { Demands } from "../oauth/prompt.ts";
import type { Collections } from "../store/collection.ts";
import type { Store } from "../store/store.ts";
import type { WaitingDevice } from "../tokens/device_authorization.ts";
import type { BrowserServer } from "./browser.ts";
import type { AppEnv } from "./http.ts";
import { type PageServer, seeOther } from "./page.ts";
import type { WaitingServer } from "./waiting.ts";

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

/** What waits for a person, and the browser that it is bound to. */
export interface Waiting {
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
