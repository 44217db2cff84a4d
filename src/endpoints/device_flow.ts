/** How somebody gets to the answer that a device waits for: who may give it, and what else has to come first. */

import type { Context } from "hono";
import { acrDemand, acrOf } from "../oauth/acr.ts";
import { PATHS } from "../oauth/metadata.ts";
import { agedLogin, needsLogin } from "../oauth/prompt.ts";
import { type LoggedIn, loggedIn } from "./browser.ts";
import { type FlowServer, toInteraction, type WaitingDeviceFlow } from "./flow.ts";
import type { AppEnv } from "./http.ts";

/** Somebody whose login is enough for a device. */
export interface Answering extends LoggedIn {
  /** What the login reaches, as the client hears of it. */
  readonly acr: string | undefined;
}

/** Goes on with the way: to the login page, or to the page that asks. */
export async function proceedToDevice(
  server: FlowServer,
  c: Context<AppEnv>,
  flow: WaitingDeviceFlow,
): Promise<Response> {
  const path = await answering(server, c, flow) ? PATHS.device_confirm : PATHS.login;
  return toInteraction(server, c, path, flow.open.handle);
}

/** Who may be asked; `undefined`: somebody has to log in first, or once more. */
export async function answering(
  server: FlowServer,
  c: Context<AppEnv>,
  { asked, open: { interaction } }: WaitingDeviceFlow,
): Promise<Answering | undefined> {
  const login = await loggedIn(server, c);
  if (login === undefined) return undefined;
  const progress = { session: login.session, interaction };
  const now = server.env.now();
  const ladder = server.config.security.login.acr_ladder;
  if (needsLogin(ladder, asked, progress, now)) return undefined;
  return { ...login, acr: acrOf(ladder, acrDemand(asked), agedLogin(progress, now)) };
}
