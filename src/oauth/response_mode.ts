/** Which way an answer of the authorization endpoint takes (OAuth 2.0 Multiple Response Types §2.1, Form Post Response Mode). */

import { RESPONSE_MODES, type ResponseMode, type ResponseType } from "./client.ts";
import { OAuthError } from "./error.ts";
import type { Parameters } from "./parameters.ts";
import { findResponseType, isFrontChannel } from "./response_type.ts";

/** Multiple Response Types §5: a query where the answer is a code, a fragment for all else. */
function defaultMode(response_type: ResponseType): ResponseMode {
  return isFrontChannel(response_type) ? "fragment" : "query";
}

/** The mode of a request. Throws `invalid_request` for an unknown one, and for tokens in a query. */
export function parseResponseMode(
  response_type: ResponseType,
  parameters: Parameters,
): ResponseMode {
  const text = parameters.get("response_mode");
  if (text === undefined) return defaultMode(response_type);
  const mode = RESPONSE_MODES.find((name) => name === text);
  if (mode === undefined) throw new OAuthError("invalid_request", "response_mode is unknown");
  // Multiple Response Types §5: tokens in a query would stand in logs and Referer headers
  if (mode === "query" && isFrontChannel(response_type)) {
    throw new OAuthError("invalid_request", "response_mode query is not for tokens");
  }
  return mode;
}

/** The mode in which a request is told what is wrong with it: its own, as far as it can be read. Never throws. */
export function errorMode(parameters: Parameters): ResponseMode {
  // OpenID Connect Core §3.2.2.6, §3.3.2.6: errors go the way of what was asked for, whoever may ask for it
  const text = attempt(() => parameters.get("response_type")) ?? "";
  const tokens = text.split(" ").some((word) => word === "token" || word === "id_token");
  const type = findResponseType(text) ?? (tokens ? "id_token token" : "code");
  return attempt(() => parseResponseMode(type, parameters)) ?? defaultMode(type);
}

/** What `read` answers; `undefined` where it throws. */
export function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
