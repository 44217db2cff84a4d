/** How a browser is answered: a page in its language, that nobody may frame, cache or run scripts in; or the way to the next one. */

import type { Context } from "hono";
import type { Client } from "../oauth/client.ts";
import type { Site } from "../pages/site.ts";
import { chooseLanguage, type View } from "../pages/language.ts";
import { type AppEnv, retryAfter } from "./http.ts";

/** What every page needs. */
export interface PageServer {
  readonly site: Site;
}

/** What a page may do beyond nothing. */
export interface PageOptions {
  readonly status?: 200 | 400 | 403 | 404 | 405 | 413 | 429 | 500 | 503;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sources of CSP's form-action besides 'self': where the answer to a form may lead. */
  readonly formAction?: string | undefined;
  /** The nonce of the one script that the page has. */
  readonly nonce?: string;
  /** What its iframes load. */
  readonly frames?: readonly string[];
  /** Whose logos it shows. */
  readonly clients?: readonly Pick<Client, "logo_uri">[];
}

/** The page's look and language: `ui_locales`, then `Accept-Language`. */
export function viewOf(server: PageServer, c: Context<AppEnv>, ui_locales?: string): View {
  const language = chooseLanguage(ui_locales, c.req.header("Accept-Language"));
  return { site: server.site, language };
}

/** How a page is answered on which somebody has tried something; `problem`: what was wrong with that. */
export function triedOptions(
  problem: { readonly kind: string; readonly seconds?: number } | undefined,
): Pick<PageOptions, "status" | "headers"> {
  if (problem === undefined) return {};
  const { seconds } = problem;
  return { status: seconds === undefined ? 400 : 429, headers: retryAfter(seconds) };
}

/** The response that carries a page. */
export function page(c: Context<AppEnv>, html: string, options: PageOptions = {}): Response {
  const { status = 200, headers, formAction, nonce, frames = [], clients = [] } = options;
  const policy = [
    "default-src 'none'",
    "style-src 'self'",
    ["img-src 'self'", ...logoOrigins(clients)].join(" "),
    ...nonce === undefined ? [] : [`script-src 'nonce-${nonce}'`],
    ...frames.length === 0 ? [] : [["frame-src", ...new Set(frames.map(sourceOf))].join(" ")],
    `form-action 'self'${formAction === undefined ? "" : ` ${formAction}`}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ];
  return c.html(html, status, {
    "Content-Security-Policy": policy.join("; "),
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    ...headers,
  });
}

function logoOrigins(clients: readonly Pick<Client, "logo_uri">[]): Iterable<string> {
  const logos = clients.map(({ logo_uri }) => logo_uri).filter((uri) => uri !== undefined);
  return new Set(logos.map((uri) => new URL(uri).origin));
}

/** RFC 9700 §4.12: 303, so that no browser posts a password on. */
export function seeOther(c: Context<AppEnv>, location: string): Response {
  return c.body(null, 303, {
    "Location": location,
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
  });
}

/**
 * Where a form's answer may be redirected on its way to this URI. Browsers apply form-action to every redirect that
 * follows a form, and a client may hand its callback on to another of its hosts: so all of https for an https URI.
 */
export function formActionOf(redirect_uri: string): string {
  return new URL(redirect_uri).protocol === "http:"
    ? sourceOf(redirect_uri)
    : schemeOf(redirect_uri);
}

/** A URL's origin, as CSP names it. */
function sourceOf(url: string): string {
  const { origin, host } = new URL(url);
  // CSP has no word for an IPv6 literal.
  return host.startsWith("[") ? schemeOf(url) : origin;
}

function schemeOf(url: string): string {
  return new URL(url).protocol;
}
