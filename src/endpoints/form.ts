/** Whether a form of one of our pages was sent by that page in that browser. */

import type { Context } from "hono";
import { equalInConstantTime } from "../lib/bytes.ts";
import type { Parameters } from "../oauth/parameters.ts";
import { PageError } from "./errors.ts";
import { type AppEnv, readForm } from "./http.ts";

type Server = { readonly config: { readonly issuer: string } };

/** The form of a page. Throws a `PageError` for another site's POST. */
export async function sentForm(server: Server, c: Context<AppEnv>): Promise<Parameters> {
  refuseOtherSites(server, c);
  return await readForm(c);
}

/** Throws a `PageError` where the form lacks the token of its page. */
export function checkFormToken(form: Parameters, expected: string): void {
  if (!equalInConstantTime(form.get("csrf_token") ?? "", expected)) {
    throw new PageError("invalid_request", "session", "the form is not from this page");
  }
}

/** Fetch Metadata; `Origin` where a browser is older. Our Referrer-Policy makes browsers send `Origin: null` for our own forms. */
function refuseOtherSites(server: Server, c: Context<AppEnv>): void {
  const site = c.req.header("Sec-Fetch-Site");
  const origin = c.req.header("Origin");
  const ours = site === undefined
    ? origin === undefined || origin === "null" || origin === new URL(server.config.issuer).origin
    : site === "same-origin" || site === "none";
  if (!ours) {
    throw new PageError("invalid_request", "other_site", "the form comes from another site");
  }
}
