/** GET and POST /device/confirm: may this device have that (RFC 8628 §3.3, §5.4)? */

import type { Context } from "hono";
import type { ScopeCatalog } from "../config/scope_catalog.ts";
import { formToken } from "../login/form_token.ts";
import { openInteraction } from "../login/interaction.ts";
import type { AnsweredDevice } from "../login/paused.ts";
import { OAuthError } from "../oauth/error.ts";
import { PATHS } from "../oauth/metadata.ts";
import { showUserCode } from "../oauth/user_code.ts";
import { renderDeviceConfirm } from "../pages/device_confirm.tsx";
import { renderDeviceDone } from "../pages/device_done.tsx";
import { displayName, mayUse } from "../users/directory.ts";
import { browserOf } from "./browser.ts";
import { answerDevice, type DeviceAnswerServer } from "./device_answer.ts";
import { type Answering, answering } from "./device_flow.ts";
import { PageError } from "./errors.ts";
import { backToFlow, toInteraction, type WaitingDeviceFlow } from "./flow.ts";
import { checkFormToken, sentForm } from "./form.ts";
import { type AppEnv, callerAddress, readQuery } from "./http.ts";
import { page, viewOf } from "./page.ts";
import { waitingDevice } from "./waiting_flow.ts";

type Server = DeviceAnswerServer & { readonly scopes: Pick<ScopeCatalog, "describe"> };

/** Asks, or shows what became of it; whoever has to log in first goes back to the flow's first step. */
export async function showDeviceConfirm(server: Server, c: Context<AppEnv>): Promise<Response> {
  const flow = await waitingOrAnswered(server, c, readQuery(c).get("interaction"));
  if ("answer" in flow) return await donePage(server, c, flow);
  const login = await answering(server, c, flow);
  return login === undefined ? backToFlow(server, c, flow) : confirmPage(server, c, flow, login);
}

/** Takes the answer, of the person to whom the page was shown. */
export async function submitDeviceConfirm(server: Server, c: Context<AppEnv>): Promise<Response> {
  const form = await sentForm(server, c);
  const handle = form.require("interaction");
  const action = form.get("action");
  for (;;) {
    const flow = await waitingOrAnswered(server, c, handle);
    // Pressed twice: the page says how things are.
    if ("answer" in flow) return toInteraction(server, c, PATHS.device_confirm, handle);
    const login = await answering(server, c, flow);
    if (login === undefined) return backToFlow(server, c, flow);
    checkFormToken(form, formToken(flow.open.handle, flow.browser, login.session.sid));
    if (action !== "allow" && action !== "deny") {
      throw new OAuthError("invalid_request", "unknown action");
    }
    if (await answerDevice(server, c, flow, login, action)) {
      return toInteraction(server, c, PATHS.device_confirm, handle);
    }
    // Something has changed at this very moment: all is judged anew.
  }
}

/** The way to a device's answer, or the answer that it has led to. Throws a `PageError` where it is neither. */
async function waitingOrAnswered(
  server: Server,
  c: Context<AppEnv>,
  handle: string | undefined,
): Promise<WaitingDeviceFlow | AnsweredDevice> {
  try {
    return await waitingDevice(server, c, handle);
  } catch (error) {
    if (!(error instanceof PageError)) throw error;
    // Looked at last: an answer of this very moment spends the code in the commit that notes it here.
    const open = await openInteraction(server, handle, browserOf(server, c));
    if (open?.paused.kind === "device_answered") return open.paused.answered;
    throw error;
  }
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
