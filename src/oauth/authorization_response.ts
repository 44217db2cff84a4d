/** How an answer of the authorization endpoint travels to the client: by query, fragment or form. */

import type { ResponseMode } from "./client.ts";
import type { OAuthError } from "./error.ts";
import type { RegisteredRedirectUri } from "./redirect_uri.ts";
import { withQuery } from "./with_query.ts";

/** Where an answer goes: known as soon as client and redirect URI are proven. */
export interface ResponseTarget {
  readonly redirect_uri: RegisteredRedirectUri;
  readonly response_mode: ResponseMode;
  readonly state: string | undefined;
}

/** An answer, ready for HTTP: a redirect, or a form that posts itself. */
export type AuthorizationResponse =
  | { readonly location: string }
  | {
    readonly action: RegisteredRedirectUri;
    readonly parameters: Readonly<Record<string, string>>;
  };

type Encode = (
  uri: RegisteredRedirectUri,
  parameters: Record<string, string>,
) => AuthorizationResponse;

const ENCODINGS: Readonly<Record<ResponseMode, Encode>> = {
  query: (uri, parameters) => ({ location: withQuery(uri, parameters) }),
  // OAuth 2.0 Multiple Response Type Encoding Practices §2.1
  fragment: (uri, parameters) => ({ location: `${uri}#${new URLSearchParams(parameters)}` }),
  // OAuth 2.0 Form Post Response Mode §2
  form_post: (uri, parameters) => ({ action: uri, parameters }),
};

/** The answer with `state` (RFC 6749 §4.1.2) and `iss` (RFC 9207 §2) added. */
export function authorizationResponse(
  target: ResponseTarget,
  issuer: string,
  parameters: Readonly<Record<string, string>>,
): AuthorizationResponse {
  const state = target.state === undefined ? {} : { state: target.state };
  return ENCODINGS[target.response_mode](target.redirect_uri, {
    ...parameters,
    ...state,
    iss: issuer,
  });
}

/** The members of an error in a redirect (RFC 6749 §4.1.2.1). */
export function errorParameters(error: OAuthError): Record<string, string> {
  return { error: error.code, error_description: error.message };
}
