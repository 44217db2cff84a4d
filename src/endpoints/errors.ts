/** How failures look on the wire: this file alone turns what is thrown into responses. */

import type { Context, ErrorHandler } from "hono";
import type { Env } from "../lib/env.ts";
import { Busy } from "../lib/semaphore.ts";
import { ERROR_STATUS, type ErrorCode, OAuthError } from "../oauth/error.ts";
import { PATHS } from "../oauth/metadata.ts";
import { type Explanation, renderError } from "../pages/error.tsx";
import { StoreError } from "../store/store.ts";
import { type AppEnv, BodyTooLong, NO_STORE, traceId } from "./http.ts";
import { page, type PageServer, viewOf } from "./page.ts";
import { TokenMissing } from "./userinfo.ts";

/** A failure that is told to the person in front of the browser, never to the client. */
export class PageError extends OAuthError {
  constructor(
    code: ErrorCode,
    readonly explanation: Explanation,
    description: string,
    detail: Record<string, unknown> = {},
  ) {
    super(code, description, detail);
  }
}

/** After how many seconds a refused request may succeed when the server is overloaded or its store is away. */
const RETRY_AFTER = "5";

type Server = { readonly env: Pick<Env, "random" | "log"> };

/** Answers API clients: RFC 6749 §5.2 in JSON, with the challenges of RFC 7617 and RFC 6750 §3. */
export function renderJsonErrors(
  server: Server & { readonly config: { readonly issuer: string } },
): ErrorHandler<AppEnv> {
  return (thrown, c) => {
    const { error, status, headers } = judge(server, c, thrown);
    const body = {
      error: error.code,
      error_description: error.message,
      ...error.code === "server_error" ? { trace_id: traceId(server, c) } : {},
    };
    const challenge = challengeOf(server.config.issuer, c, error);
    if (error instanceof TokenMissing) return c.body(null, 401, { ...NO_STORE, ...challenge });
    return c.json(body, status, { ...NO_STORE, ...headers, ...challenge });
  };
}

/** Answers people: a page that says what happened and whose turn it is. */
export function renderErrorPages(server: Server & PageServer): ErrorHandler<AppEnv> {
  return (thrown, c) => {
    const { error, status, headers } = judge(server, c, thrown);
    const { code } = error;
    const explanation = error instanceof PageError
      ? error.explanation
      : code === "server_error"
      ? "server"
      : code === "temporarily_unavailable"
      ? "unavailable"
      : "request";
    const html = renderError(viewOf(server, c), {
      code,
      explanation,
      trace_id: traceId(server, c),
    });
    // A page is no answer to client authentication, so no error of its is a 401.
    return page(c, html, { status: status === 401 ? 400 : status, headers });
  };
}

/** Nothing is there (RFC 9110 §15.5.5). */
export function notFound(server: Server & PageServer) {
  return (c: Context<AppEnv>): Response => {
    if (!c.req.header("Accept")?.includes("text/html")) return c.json({ error: "not_found" }, 404);
    const html = renderError(viewOf(server, c), { code: "not_found", explanation: "not_found" });
    return page(c, html, { status: 404 });
  };
}

/** The endpoint is there but not for this method (RFC 9110 §15.5.6). */
export function methodNotAllowed(...allowed: readonly string[]) {
  return (c: Context<AppEnv>): Response =>
    c.json({ error: "invalid_request", error_description: "method not allowed" }, 405, {
      Allow: allowed.join(", "),
    });
}

interface Judged {
  readonly error: OAuthError;
  readonly status: 400 | 401 | 403 | 413 | 500 | 503;
  readonly headers: Readonly<Record<string, string>>;
}

/** What a throw means, noted in the log. */
function judge(server: Server, c: Context<AppEnv>, thrown: unknown): Judged {
  const { log } = server.env;
  const trace_id = traceId(server, c);
  const path = c.req.path;
  if (thrown instanceof OAuthError) {
    const { code, message, detail } = thrown;
    log.info(eventOf(thrown), {
      trace_id,
      path,
      error: code,
      error_description: message,
      ...detail,
    });
    const status = thrown instanceof BodyTooLong ? 413 : ERROR_STATUS[code];
    return { error: thrown, status, headers: {} };
  }
  if (thrown instanceof StoreError || thrown instanceof Busy) {
    log.error("store or server overloaded", { trace_id, path, reason: thrown.message });
    const error = new OAuthError("temporarily_unavailable", "try again in a few seconds");
    return { error, status: 503, headers: { "Retry-After": RETRY_AFTER } };
  }
  const reason = thrown instanceof Error ? thrown.stack ?? thrown.message : String(thrown);
  log.error("unexpected failure", { trace_id, path, reason });
  return { error: new OAuthError("server_error", "unexpected failure"), status: 500, headers: {} };
}

/** The stable name of the audit event that a refusal is. */
function eventOf({ code, event }: OAuthError): string {
  return event ?? (code === "invalid_client" ? "client.authentication.failed" : "request.refused");
}

/** RFC 6749 §5.2 and RFC 6750 §3: how one may authenticate. */
function challengeOf(
  issuer: string,
  c: Context<AppEnv>,
  error: OAuthError,
): Record<string, string> {
  if (error.code === "invalid_client") return { "WWW-Authenticate": `Basic realm="${issuer}"` };
  if (!c.req.path.endsWith(PATHS.userinfo) || ERROR_STATUS[error.code] >= 500) return {};
  const { code, message } = error;
  const reason = error instanceof TokenMissing
    ? ""
    : `, error="${code}", error_description="${message}"`;
  const scope = code === "insufficient_scope" ? `, scope="openid"` : "";
  return { "WWW-Authenticate": `Bearer realm="${issuer}"${reason}${scope}` };
}
