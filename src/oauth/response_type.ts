/** What each `response_type` brings, and how (OAuth 2.0 Multiple Response Types §3, §5; OpenID Connect Core §3). */

import { type Client, type GrantType, RESPONSE_TYPES, type ResponseType } from "./client.ts";
import { OAuthError } from "./error.ts";

/** What an answer of the authorization endpoint may hold. */
export type ResponsePart = "code" | "id_token" | "token";

/** Whether a response type brings this. */
export function brings(response_type: ResponseType, part: ResponsePart): boolean {
  return response_type.split(" ").includes(part);
}

/** Whether tokens travel through the browser, so that no query may hold the answer. */
export function isFrontChannel(response_type: ResponseType): boolean {
  return response_type !== "code";
}

/** OpenID Connect Registration §2: the grant types that a client has to have for a response type. */
export function grantTypesFor(response_type: ResponseType): readonly GrantType[] {
  return [
    ...brings(response_type, "code") ? ["authorization_code"] as const : [],
    ...isFrontChannel(response_type) ? ["implicit"] as const : [],
  ];
}

const LONGEST = Math.max(...RESPONSE_TYPES.map(({ length }) => length));

/** The response type of that text; `undefined` where it is none. Multiple Response Types §3: the order of its words does not matter. */
export function findResponseType(text: string): ResponseType | undefined {
  // Sorting what is sent costs whatever the sender likes.
  if (text.length > LONGEST) return undefined;
  const normal = (words: string) => words.split(" ").sort().join(" ");
  return RESPONSE_TYPES.find((type) => normal(type) === normal(text));
}

/** The response type that a client asks for. Throws `unsupported_response_type` and `unauthorized_client`. */
export function parseResponseType(client: Client, text: string): ResponseType {
  const response_type = findResponseType(text);
  if (response_type === undefined) {
    throw new OAuthError("unsupported_response_type", "response_type is not supported");
  }
  const registered = client.response_types.includes(response_type) &&
    grantTypesFor(response_type).every((type) => client.grant_types.includes(type));
  if (!registered) {
    throw new OAuthError("unauthorized_client", "the client may not use this response_type");
  }
  return response_type;
}
