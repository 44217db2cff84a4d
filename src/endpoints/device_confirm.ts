/** GET and POST /device/confirm: may this device have that (RFC 8628 §3.3, §5.4)? */

import type { Context } from "hono";
import type { ScopeCatalog } from "../config/scope_catalog.ts";
import type { TrustedProxies } from "../lib/address.ts";
import { type AnsweredDevice, formToken, openInteraction } from "../login/interaction.ts";
import { OAuthError } from "../oauth/error.ts";
import { PATHS } from "../oauth/metadata.ts";
import { showUserCode } from "../oauth/user_code.ts";
import { renderDeviceConfirm } from "../pages/device_confirm.tsx";
import { renderDeviceDone } from "../pages/device_done.tsx";
import { displayName, mayUse } from "../users/directory.ts";
import { browserOf } from "./browser.ts";
import { answerDevice, type DeviceAnswerServer } from "./device_answer.ts";
import { type Answering, answering } from "./device_flow.ts";
import { backToFlow, toInteraction, waitingDevice, type WaitingDeviceFlow } from "./flow.ts";
import { checkFormToken, sentForm } from "./form.ts";
import { type AppEnv, callerAddress, readQuery } from "./http.ts";
import { page, viewOf } from "./page.ts";

type Server = DeviceAnswerServer & {
  readonly scopes: Pick<ScopeCatalog, "describe">;
  readonly trustedProxies: TrustedProxies;
};

/** Asks, or shows what became of it; whoever has to log in first goes back to the flow's first step. */
export async function showDeviceConfirm(server: Server, c: Context<AppEnv>): Promise<Response> {
  const handle = readQuery(c).get("interaction");
  const answered = await answeredDevice(server, c, handle);
  if (answered !== undefined) return await donePage(server, c, answered);
  const flow = await waitingDevice(server, c, handle);
  const login = await answering(server, c, flow);
  return login === undefined ? backToFlow(server, c, flow) : confirmPage(server, c, flow, login);
}

/** Takes the answer, of the person to whom the page was shown. */
export async function submitDeviceConfirm(server: Server, c: Context<AppEnv>): Promise<Response> {
  const form = await sentForm(server, c);
  const handle = form.get("interaction");
  const action = form.get("action");
  for (;;) {
    // Pressed twice: the page says how things are.
    if (handle !== undefined && await answeredDevice(server, c, handle) !== undefined) {
      return toInteraction(server, c, PATHS.device_confirm, handle);
    }
    const flow = await waitingDevice(server, c, handle);
    const login = await answering(server, c, flow);
    if (login === undefined) return backToFlow(server, c, flow);
    checkFormToken(form, formToken(flow.open.handle, flow.browser, login.session.sid));
    if (action !== "allow" && action !== "deny") {
      throw new OAuthError("invalid_request", "unknown action");
    }
    if (await answerDevice(server, c, flow, login, action)) {
      return toInteraction(server, c, PATHS.device_confirm, flow.open.handle);
    }
    // The device has polled, or something else has changed at this very moment: all is judged anew.
  }
}

/** What became of a device of this browser; `undefined`: nothing yet, or there is none. */
async function answeredDevice(
  server: Server,
  c: Context<AppEnv>,
  handle: string | undefined,
): Promise<AnsweredDevice | undefined> {
  const open = await openInteraction(server, handle, browserOf(server, c));
  return open?.paused.kind === "device_answered" ? open.paused.answered : undefined;
}

function confirmPage(
  server: Server,
  c: Context<AppEnv>,
  { client, device, visit, open, browser }: WaitingDeviceFlow,
  { session, user }: Answering,
): Response {
  const { scope, address } = device.device.record;
  const { issuer } = server.config;
  const html = renderDeviceConfirm(viewOf(server, c, visit.ui_locales), {
    action: issuer + PATHS.device_confirm,
    interaction: open.handle,
    csrf_token: formToken(open.handle, browser, session.sid),
    client,
    user: { name: displayName(user) },
    allowed: mayUse(user, client),
    user_code: showUserCode(visit.user_code),
    scopes: scope.map((name) => server.scopes.describe(name)),
    elsewhere: address !== callerAddress(server, c),
    login: `${issuer}${PATHS.login}?interaction=${open.handle}`,
  });
  return page(c, html, { clients: [client] });
}

async function donePage(
  server: Server,
  c: Context<AppEnv>,
  { client_id, answer, ui_locales }: AnsweredDevice,
): Promise<Response> {
  const client = await server.clients.find(client_id) ?? { client_id };
  return page(c, renderDeviceDone(viewOf(server, c, ui_locales), { client, answer }));
}
