/** How people are told of failures: a page that says what happened, whose turn it is, and what the log calls it. */

import type { Context, ErrorHandler } from "hono";
import { type ErrorCode, type OAuthError, TooManyRequests } from "../oauth/error.ts";
import { PATHS } from "../oauth/metadata.ts";
import { attempt } from "../oauth/response_mode.ts";
import { type Explanation, renderError } from "../pages/error.tsx";
import type { View } from "../pages/language.ts";
import { checkLink, type CheckLinkServer } from "./check_link.ts";
import { judge, type JudgingServer, PageError } from "./errors.ts";
import { type AppEnv, NO_STORE, readQuery, retryAfter, traceId } from "./http.ts";
import { page, type PageServer, viewOf } from "./page.ts";

/** What telling people needs. */
type PagesServer = JudgingServer & PageServer & CheckLinkServer & { readonly basePath: string };

/** What people are told of a failure that nobody has chosen words for. */
function explanationOf(error: OAuthError, path: string): Explanation {
  if (error instanceof PageError) return error.explanation;
  if (error instanceof TooManyRequests) return "too_many";
  if (error.code === "server_error") return "server";
  if (error.code === "temporarily_unavailable") return "unavailable";
  if (OBJECT_ERRORS.has(error.code)) return "request_object";
  return MADE_BY_APPLICATIONS.has(path) ? "request" : "form";
}

/** Where browsers bring what an application has made; all else they bring from pages of ours. */
const MADE_BY_APPLICATIONS: ReadonlySet<string> = new Set([PATHS.authorize, PATHS.end_session]);

/** What can be wrong with a signed request object before it says anything. */
const OBJECT_ERRORS: ReadonlySet<ErrorCode> = new Set([
  "invalid_request_object",
  "invalid_request_uri",
  "request_not_supported",
  "request_uri_not_supported",
]);

/** Answers people: a page that says what happened and whose turn it is. */
export function renderErrorPages(server: PagesServer): ErrorHandler<AppEnv> {
  return (thrown, c) => {
    const asked = c.get("asked");
    const client_id = asked &&
      attempt(() => asked.outer.get("client_id"))?.slice(0, LONGEST_LOGGED);
    const { error, status, retry_after } = judge(server, c, thrown, client_id);
    const trace_id = traceId(server, c);
    const back = error instanceof PageError ? error.back : undefined;
    const html = renderError(errorView(server, c), {
      code: error.code,
      explanation: explanationOf(error, c.req.path.slice(server.basePath.length)),
      trace_id,
      retry_after,
      back,
      check: asked && status < 429 ? checkLink(server, trace_id, asked, error) : undefined,
    });
    // A page is no answer to client authentication, so no error of its is a 401.
    return page(c, html, {
      status: status === 401 ? 400 : status,
      headers: retryAfter(retry_after),
      clients: back === undefined ? [] : [back],
    });
  };
}

/** In the language that the request asks for, as far as it can be read. */
function errorView(server: PageServer, c: Context<AppEnv>): View {
  return viewOf(server, c, attempt(() => readQuery(c).get("ui_locales")));
}

/** Nothing is there (RFC 9110 §15.5.5). No cache keeps that: it would answer browsers and clients alike (§15.1). */
export function notFound(server: PagesServer) {
  return (c: Context<AppEnv>): Response =>
    wantsPage(c)
      ? astray(server, c, { code: "not_found", status: 404 })
      : c.json({ error: "not_found" }, 404, NO_STORE);
}

/** The endpoint is there but not for this method (RFC 9110 §15.5.6): `Allow` has all that it answers. */
export function notAllowed(server: PagesServer) {
  return (...allowed: readonly string[]) => {
    // RFC 9110 §9.3.2: HEAD is answered wherever GET is
    const all = allowed.flatMap((method) => method === "GET" ? ["GET", "HEAD"] : [method]);
    const headers = { Allow: all.join(", ") };
    const body = { error: "invalid_request", error_description: "method not allowed" };
    return (c: Context<AppEnv>): Response =>
      wantsPage(c)
        ? astray(server, c, { code: "method_not_allowed", status: 405, headers })
        : c.json(body, 405, { ...NO_STORE, ...headers });
  };
}

function wantsPage(c: Context<AppEnv>): boolean {
  return c.req.header("Accept")?.includes("text/html") ?? false;
}

/** So much of an address that leads nowhere, and of a client's name, stands in the log. */
const LONGEST_LOGGED = 255;

/** Somebody's browser is where there is no page. */
function astray(
  server: PagesServer,
  c: Context<AppEnv>,
  { code, ...options }: {
    readonly code: "not_found" | "method_not_allowed";
    readonly status: 404 | 405;
    readonly headers?: Readonly<Record<string, string>>;
  },
): Response {
  const trace_id = traceId(server, c);
  const path = c.req.path.slice(0, LONGEST_LOGGED);
  server.env.log.info("request.refused", { trace_id, path, error: code });
  const html = renderError(errorView(server, c), { code, explanation: code, trace_id });
  return page(c, html, options);
}
