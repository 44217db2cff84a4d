/** What a failure means: its status, its line in the log, and how clients are told; people are told by `error_pages.ts`. */

import type { Context, ErrorHandler } from "hono";
import { KeyError } from "../keys/error.ts";
import type { Env } from "../lib/env.ts";
import { Busy } from "../lib/semaphore.ts";
import { ERROR_STATUS, type ErrorCode, OAuthError, TooManyRequests } from "../oauth/error.ts";
import type { ShownClient } from "../pages/client.tsx";
import type { Explanation } from "../pages/error.tsx";
import { StoreError } from "../store/store.ts";
import { type AppEnv, BodyTooLong, NO_STORE, retryAfter, TokenMissing, traceId } from "./http.ts";

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
const RETRY_AFTER = 5;

/** What noting them needs. */
export interface JudgingServer {
  readonly env: Pick<Env, "random" | "log">;
}

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
  server: JudgingServer & { readonly config: { readonly issuer: string } },
  challenge: Challenge,
): ErrorHandler<AppEnv> {
  return (thrown, c) => {
    const { error, status, retry_after } = judge(server, c, thrown);
    const body = {
      error: error.code,
      error_description: error.message,
      ...error.code === "server_error" ? { trace_id: traceId(server, c) } : {},
    };
    const told = challenge(server.config.issuer, error);
    const all = {
      ...NO_STORE,
      ...retryAfter(retry_after),
      ...told && { "WWW-Authenticate": told },
    };
    return error instanceof TokenMissing ? c.body(null, status, all) : c.json(body, status, all);
  };
}

/** What a throw means. */
export interface Judged {
  readonly error: OAuthError;
  readonly status: 400 | 401 | 403 | 413 | 429 | 500 | 503;
  /** After how many seconds it is worth another try; `undefined`: nobody knows. */
  readonly retry_after?: number;
}

/** What a throw means, noted in the log, with the client that is said to ask. */
export function judge(
  server: JudgingServer,
  c: Context<AppEnv>,
  thrown: unknown,
  client_id?: string,
): Judged {
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
      ...client_id === undefined ? {} : { client_id },
      ...detail,
    });
    if (thrown instanceof TooManyRequests) {
      return { error: thrown, status: 429, retry_after: thrown.retry_after };
    }
    const status = thrown instanceof BodyTooLong ? 413 : ERROR_STATUS[code];
    return { error: thrown, status };
  }
  // A key that is there and can't be had is the operator's to bring back: nobody has asked for anything wrong.
  if (thrown instanceof StoreError || thrown instanceof KeyError || thrown instanceof Busy) {
    log.error("request.unavailable", { trace_id, path, reason: thrown.message });
    const error = new OAuthError("temporarily_unavailable", "try again in a few seconds");
    return { error, status: 503, retry_after: RETRY_AFTER };
  }
  const reason = thrown instanceof Error ? thrown.stack ?? thrown.message : String(thrown);
  log.error("request.failed", { trace_id, path, reason });
  return { error: new OAuthError("server_error", "unexpected failure"), status: 500 };
}

/** The stable name of the audit event that a refusal is. */
function eventOf({ code, event }: OAuthError): string {
  return event ?? (code === "invalid_client" ? "client.authentication.failed" : "request.refused");
}
