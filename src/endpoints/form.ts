/** Whether a form of one of our pages was sent by that page in that browser. */

import type { Context } from "hono";
import { equalInConstantTime } from "../lib/bytes.ts";
import { formToken } from "../login/interaction.ts";
import type { Parameters } from "../oauth/parameters.ts";
import { PageError } from "./errors.ts";
import { type FlowServer, type WaitingFlow, waitingFlow } from "./flow.ts";
import { type AppEnv, readForm } from "./http.ts";

/** A form with the flow that it belongs to. */
export interface SentForm {
  readonly form: Parameters;
  readonly flow: WaitingFlow;
}

/** The form and its flow. Throws a `PageError` for another site's POST, and for a flow that is not this browser's. */
export async function sentForm(server: FlowServer, c: Context<AppEnv>): Promise<SentForm> {
  refuseOtherSites(server, c);
  const form = await readForm(c);
  return { form, flow: await waitingFlow(server, c, form.get("interaction")) };
}

/** Throws a `PageError` where the form lacks the token of its page. */
export function checkFormToken({ form, flow }: SentForm, about?: string): void {
  const expected = formToken(flow.open.handle, flow.browser, about);
  if (!equalInConstantTime(form.get("csrf_token") ?? "", expected)) {
    throw new PageError("invalid_request", "session", "the form is not from this page");
  }
}

/** Fetch Metadata; `Origin` where a browser is older. Our Referrer-Policy makes browsers send `Origin: null` for our own forms. */
function refuseOtherSites(server: FlowServer, c: Context<AppEnv>): void {
  const site = c.req.header("Sec-Fetch-Site");
  const origin = c.req.header("Origin");
  const ours = site === undefined
    ? origin === undefined || origin === "null" || origin === new URL(server.config.issuer).origin
    : site === "same-origin" || site === "none";
  if (!ours) throw new PageError("invalid_request", "request", "the form comes from another site");
}
