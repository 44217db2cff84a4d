/** How failures look on the wire: this file alone turns what is thrown into responses. */

import type { Context, ErrorHandler } from "hono";
import type { Env } from "../lib/env.ts";
import { Busy } from "../lib/semaphore.ts";
import { ERROR_STATUS, type ErrorCode, OAuthError, TooManyRequests } from "../oauth/error.ts";
import { PATHS } from "../oauth/metadata.ts";
import { attempt } from "../oauth/response_mode.ts";
import type { ShownClient } from "../pages/client.tsx";
import { type Explanation, renderError } from "../pages/error.tsx";
import { StoreError } from "../store/store.ts";
import type { View } from "../pages/language.ts";
import { type AppEnv, BodyTooLong, NO_STORE, readQuery, TokenMissing, traceId } from "./http.ts";
import { page, type PageServer, viewOf } from "./page.ts";

/** A failure that is told to the person in front of the browser, never to the client. */
export class PageError extends OAuthError {
  constructor(
    code: ErrorCode,
    readonly explanation: Explanation,
    description: string,
    detail: Record<string, unknown> = {},
    /** The client to which the person may go back. It was found in the store or the configuration, and is theirs to see. */
    readonly back?: ShownClient,
  ) {
    super(code, description, detail);
  }
}

/** After how many seconds a refused request may succeed when the server is overloaded or its store is away. */
const RETRY_AFTER = "5";

type Server = { readonly env: Pick<Env, "random" | "log"> };

/** What telling people needs. */
type PagesServer = Server & PageServer & { readonly basePath: string };

/** What `WWW-Authenticate` says of an error; `undefined`: nothing. */
export type Challenge = (realm: string, error: OAuthError) => string | undefined;

/** RFC 6749 §5.2: how a client may authenticate. */
export const basicChallenge: Challenge = (realm, error) =>
  error.code === "invalid_client" ? `Basic realm="${realm}"` : undefined;

/** RFC 6750 §3: what was wrong with an access token; a request without any hears no more than that one is needed. */
export const bearerChallenge: Challenge = (realm, error) => {
  const { code, message } = error;
  if (ERROR_STATUS[code] >= 500) return undefined;
  if (error instanceof TokenMissing) return `Bearer realm="${realm}"`;
  const scope = code === "insufficient_scope" ? `, scope="openid"` : "";
  return `Bearer realm="${realm}", error="${code}", error_description="${message}"${scope}`;
};

/** Answers API clients: RFC 6749 §5.2 in JSON, with the challenge of the endpoint. */
export function renderJsonErrors(
  server: Server & { readonly config: { readonly issuer: string } },
  challenge: Challenge,
): ErrorHandler<AppEnv> {
  return (thrown, c) => {
    const { error, status, headers } = judge(server, c, thrown);
    const body = {
      error: error.code,
      error_description: error.message,
      ...error.code === "server_error" ? { trace_id: traceId(server, c) } : {},
    };
    const told = challenge(server.config.issuer, error);
    const all = { ...NO_STORE, ...headers, ...told && { "WWW-Authenticate": told } };
    return error instanceof TokenMissing ? c.body(null, status, all) : c.json(body, status, all);
  };
}

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
    const { error, status, headers } = judge(server, c, thrown);
    const html = renderError(errorView(server, c), {
      code: error.code,
      explanation: explanationOf(error, c.req.path.slice(server.basePath.length)),
      trace_id: traceId(server, c),
      retry_after: secondsIn(headers["Retry-After"]),
      back: error instanceof PageError ? error.back : undefined,
    });
    // A page is no answer to client authentication, so no error of its is a 401.
    return page(c, html, { status: status === 401 ? 400 : status, headers });
  };
}

/** In the language that the request asks for, as far as it can be read. */
function errorView(server: PageServer, c: Context<AppEnv>): View {
  return viewOf(server, c, attempt(() => readQuery(c).get("ui_locales")));
}

function secondsIn(header: string | undefined): number | undefined {
  return header === undefined ? undefined : Number(header);
}

/** Nothing is there (RFC 9110 §15.5.5). */
export function notFound(server: PagesServer) {
  return (c: Context<AppEnv>): Response =>
    wantsPage(c)
      ? astray(server, c, { code: "not_found", status: 404 })
      : c.json({ error: "not_found" }, 404);
}

/** The endpoint is there but not for this method (RFC 9110 §15.5.6). */
export function notAllowed(server: PagesServer) {
  return (...allowed: readonly string[]) => {
    const headers = { Allow: allowed.join(", ") };
    const body = { error: "invalid_request", error_description: "method not allowed" };
    return (c: Context<AppEnv>): Response =>
      wantsPage(c)
        ? astray(server, c, { code: "method_not_allowed", status: 405, headers })
        : c.json(body, 405, headers);
  };
}

function wantsPage(c: Context<AppEnv>): boolean {
  return c.req.header("Accept")?.includes("text/html") ?? false;
}

/** So much of an address that leads nowhere stands in the log. */
const LONGEST_PATH = 255;

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
  const path = c.req.path.slice(0, LONGEST_PATH);
  server.env.log.info("request.refused", { trace_id, path, error: code });
  const html = renderError(errorView(server, c), { code, explanation: code, trace_id });
  return page(c, html, options);
}

interface Judged {
  readonly error: OAuthError;
  readonly status: 400 | 401 | 403 | 413 | 429 | 500 | 503;
  readonly headers: Readonly<Record<string, string>>;
}

/** What a throw means, noted in the log. */
function judge(server: Server, c: Context<AppEnv>, thrown: unknown): Judged {
  const { log } = server.env;
  const trace_id = traceId(server, c);
  const path = c.req.path;
  if (thrown instanceof OAuthError) {
    const { code, message, detail } = thrown;
    // A device that waits asks a hundred times, which is how it should be.
    const level = code === "authorization_pending" ? "debug" : "info";
    log[level](eventOf(thrown), {
      trace_id,
      path,
      error: code,
      error_description: message,
      ...detail,
    });
    if (thrown instanceof TooManyRequests) {
      return { error: thrown, status: 429, headers: { "Retry-After": String(thrown.retry_after) } };
    }
    const status = thrown instanceof BodyTooLong ? 413 : ERROR_STATUS[code];
    return { error: thrown, status, headers: {} };
  }
  if (thrown instanceof StoreError || thrown instanceof Busy) {
    log.error("request.unavailable", { trace_id, path, reason: thrown.message });
    const error = new OAuthError("temporarily_unavailable", "try again in a few seconds");
    return { error, status: 503, headers: { "Retry-After": RETRY_AFTER } };
  }
  const reason = thrown instanceof Error ? thrown.stack ?? thrown.message : String(thrown);
  log.error("request.failed", { trace_id, path, reason });
  return { error: new OAuthError("server_error", "unexpected failure"), status: 500, headers: {} };
}

/** The stable name of the audit event that a refusal is. */
function eventOf({ code, event }: OAuthError): string {
  return event ?? (code === "invalid_client" ? "client.authentication.failed" : "request.refused");
}
