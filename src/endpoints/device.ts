/** GET and POST /device: which device waits for you (RFC 8628 §3.3)? */

import type { Context } from "hono";
import { formToken } from "../login/form_token.ts";
import { accountOfBrowser } from "../login/known_browser.ts";
import { admitUserCode, forgiveUserCode } from "../login/user_code_guesses.ts";
import { PATHS } from "../oauth/metadata.ts";
import { bounded } from "../oauth/parameters.ts";
import { parseUserCode, showUserCode } from "../oauth/user_code.ts";
import { type DevicePage, type DeviceProblem, renderDevice } from "../pages/device.tsx";
import { findDevice, type WaitingDevice } from "../tokens/device_authorization.ts";
import { browserOf } from "./browser.ts";
import { type FlowServer, toInteraction } from "./flow.ts";
import { checkFormToken, sentForm } from "./form.ts";
import { type AppEnv, audit, callerAddress, readQuery } from "./http.ts";
import { page, triedOptions, viewOf } from "./page.ts";
import { putAside } from "./put_aside.ts";
import { clientOfDevice } from "./waiting_flow.ts";

/** The most that comes back in the field. */
const LONGEST_SHOWN = 64;

/** Asks for the code. One that the address brings is only filled in: nothing is looked up or granted by a GET. */
export function showDevice(server: FlowServer, c: Context<AppEnv>): Response {
  const came = parseUserCode(readQuery(c).get("user_code") ?? "");
  return devicePage(server, c, { user_code: came && showUserCode(came) });
}

/** Takes the code, and goes on with the device that shows it. */
export async function submitDevice(server: FlowServer, c: Context<AppEnv>): Promise<Response> {
  const form = await sentForm(server, c);
  checkFormToken(form, pageToken(server, c));
  const typed = form.get("user_code") ?? "";
  const again = (problem: DeviceProblem) =>
    devicePage(server, c, { user_code: typed.slice(0, LONGEST_SHOWN), problem });
  const user_code = parseUserCode(typed);
  if (user_code === undefined) return again({ kind: "malformed" });
  const address = callerAddress(server, c);
  const attempt = { address, account: accountOfBrowser(server, server.cookies.get(c, "known")) };
  const seconds = await admitUserCode(server, attempt);
  if (seconds > 0) {
    audit(server, c, "device.user_code.failed", { address, reason: "wait" });
    return again({ kind: "wait", seconds });
  }
  const device = await usableDevice(server, user_code);
  if (device === undefined) {
    audit(server, c, "device.user_code.failed", { address, reason: "unknown" });
    return again({ kind: "unknown" });
  }
  await forgiveUserCode(server, attempt);
  const ui_locales = uiLocales(c);
  const visit = { user_code, grant_id: device.grant_id, ui_locales };
  const handle = await putAside(server, c, { kind: "device", device: visit }, browserOf(server, c));
  return toInteraction(server, c, PATHS.resume, handle);
}

/** The device that waits with a code, unless its client may no longer be used. */
async function usableDevice(
  server: FlowServer,
  user_code: string,
): Promise<WaitingDevice | undefined> {
  const found = await findDevice(server, user_code);
  return found && await clientOfDevice(server, found) ? found : undefined;
}

function devicePage(
  server: FlowServer,
  c: Context<AppEnv>,
  { user_code, problem }: Pick<DevicePage, "user_code" | "problem">,
): Response {
  const ui_locales = uiLocales(c);
  const query = ui_locales === undefined ? "" : `?${new URLSearchParams({ ui_locales })}`;
  const html = renderDevice(viewOf(server, c, ui_locales), {
    action: server.config.issuer + PATHS.device + query,
    csrf_token: pageToken(server, c),
    user_code,
    problem,
  });
  return page(c, html, triedOptions(problem));
}

function uiLocales(c: Context<AppEnv>): string | undefined {
  return bounded(readQuery(c), "ui_locales");
}

/** Good for this page in this browser, whoever is logged in. */
function pageToken(server: FlowServer, c: Context<AppEnv>): string {
  return formToken("device", browserOf(server, c));
}
