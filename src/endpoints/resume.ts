/** GET /connect/authorize/callback: how does a flow go on, after a page or a POST? */

import type { Context } from "hono";
import { proceed, type ProceedingServer } from "./authorization_flow.ts";
import { proceedToDevice } from "./device_flow.ts";
import { type WaitingAuthorization, type WaitingDeviceFlow, type WaitingVisit } from "./flow.ts";
import { type AppEnv, readQuery } from "./http.ts";
import { proceedToPage } from "./visit.ts";
import { waitingFlow } from "./waiting_flow.ts";

interface Ways {
  readonly authorization: WaitingAuthorization;
  readonly visit: WaitingVisit;
  readonly device: WaitingDeviceFlow;
}

/** How each kind of flow goes on: to its next page, or to where it leads. */
const GO_ON: {
  readonly [K in keyof Ways]: (
    server: ProceedingServer,
    c: Context<AppEnv>,
    flow: Ways[K],
  ) => Promise<Response>;
} = {
  authorization: proceed,
  visit: proceedToPage,
  device: proceedToDevice,
};

/** Goes on with a waiting flow. Throws a `PageError` where it has ended, or belongs to another browser. */
export async function resume(server: ProceedingServer, c: Context<AppEnv>): Promise<Response> {
  const flow = await waitingFlow(server, c, readQuery(c).get("interaction"));
  return await goOn(server, c, flow.kind, flow);
}

async function goOn<K extends keyof Ways>(
  server: ProceedingServer,
  c: Context<AppEnv>,
  kind: K,
  flow: Ways[K],
): Promise<Response> {
  return await GO_ON[kind](server, c, flow);
}
