/** What the server says of itself (OpenID Connect Discovery §3, RFC 8414 §2), built from the tables that the code runs on. */

import {
  ALGORITHM_NAMES,
  CLIENT_AUTHENTICATION_METHODS,
  CONTENT_ENCRYPTIONS,
  ENCRYPTION_ALGORITHMS,
  GRANT_TYPES,
  RESPONSE_MODES,
  type ResponseType,
  type SigningAlgorithm,
  type SubjectType,
} from "./client.ts";
import { CODE_CHALLENGE_METHODS } from "./pkce.ts";
import { PROMPTS } from "./prompt.ts";
import { isFrontChannel } from "./response_type.ts";

/** The paths of the endpoints below the issuer. */
export const PATHS = {
  openid_configuration: "/.well-known/openid-configuration",
  authorization_server: "/.well-known/oauth-authorization-server",
  jwks: "/.well-known/openid-configuration/jwks",
  authorize: "/connect/authorize",
  resume: "/connect/authorize/callback",
  check: "/connect/authorize/check",
  par: "/connect/par",
  device_authorization: "/connect/deviceauthorization",
  token: "/connect/token",
  userinfo: "/connect/userinfo",
  introspection: "/connect/introspect",
  revocation: "/connect/revocation",
  end_session: "/connect/endsession",
  check_session: "/connect/checksession",
  device: "/device",
  device_confirm: "/device/confirm",
  device_qr: "/device/qr",
  account: "/account",
  login: "/account/login",
  consent: "/account/consent",
  logout: "/account/logout",
  assets: "/assets",
  livez: "/livez",
  readyz: "/readyz",
  metrics: "/metrics",
} as const;

/** RFC 7662 §2.1: how whoever asks about tokens proves itself. */
const CONFIDENTIAL_METHODS = CLIENT_AUTHENTICATION_METHODS.filter((method) => method !== "none");

/** What an ID token says of itself and of the login, whatever the scopes. */
const LOGIN_CLAIMS = ["iss", "aud", "exp", "iat", "auth_time", "amr", "sid"];

/** The metadata document. */
export function metadata(server: {
  readonly issuer: string;
  readonly scopes: readonly string[];
  readonly claims: readonly string[];
  readonly algorithms: readonly SigningAlgorithm[];
  readonly ui_locales: readonly string[];
  readonly subject_types: readonly SubjectType[];
  /** Every `acr` that a login may reach. */
  readonly acr_values: readonly string[];
  /** What the configuration lets clients ask for. */
  readonly response_types: readonly ResponseType[];
  /** Whether all clients have to push. */
  readonly require_pushed_authorization_requests: boolean;
}): Record<string, unknown> {
  const { issuer } = server;
  const implicit = server.response_types.some(isFrontChannel);
  return {
    issuer,
    authorization_endpoint: issuer + PATHS.authorize,
    // RFC 9126 §5
    pushed_authorization_request_endpoint: issuer + PATHS.par,
    require_pushed_authorization_requests: server.require_pushed_authorization_requests,
    token_endpoint: issuer + PATHS.token,
    userinfo_endpoint: issuer + PATHS.userinfo,
    revocation_endpoint: issuer + PATHS.revocation,
    // RFC 8628 §4
    device_authorization_endpoint: issuer + PATHS.device_authorization,
    introspection_endpoint: issuer + PATHS.introspection,
    jwks_uri: issuer + PATHS.jwks,
    end_session_endpoint: issuer + PATHS.end_session,
    check_session_iframe: issuer + PATHS.check_session,
    scopes_supported: server.scopes,
    claims_supported: [
      ...new Set([
        ...server.claims,
        ...LOGIN_CLAIMS,
        ...server.acr_values.length > 0 ? ["acr"] : [],
      ]),
    ],
    claim_types_supported: ["normal"],
    response_types_supported: server.response_types,
    response_modes_supported: RESPONSE_MODES,
    grant_types_supported: GRANT_TYPES.filter((type) => type !== "implicit" || implicit),
    subject_types_supported: server.subject_types,
    ...server.acr_values.length === 0 ? {} : { acr_values_supported: server.acr_values },
    // OpenID Connect Discovery §3: RS256 MUST be among them; it is, unless the operator has keys of other algorithms alone
    id_token_signing_alg_values_supported: server.algorithms,
    id_token_encryption_alg_values_supported: ENCRYPTION_ALGORITHMS,
    id_token_encryption_enc_values_supported: CONTENT_ENCRYPTIONS,
    userinfo_signing_alg_values_supported: server.algorithms,
    userinfo_encryption_alg_values_supported: ENCRYPTION_ALGORITHMS,
    userinfo_encryption_enc_values_supported: CONTENT_ENCRYPTIONS,
    token_endpoint_auth_methods_supported: CLIENT_AUTHENTICATION_METHODS,
    token_endpoint_auth_signing_alg_values_supported: ALGORITHM_NAMES,
    revocation_endpoint_auth_methods_supported: CLIENT_AUTHENTICATION_METHODS,
    revocation_endpoint_auth_signing_alg_values_supported: ALGORITHM_NAMES,
    introspection_endpoint_auth_methods_supported: CONFIDENTIAL_METHODS,
    introspection_endpoint_auth_signing_alg_values_supported: ALGORITHM_NAMES,
    // RFC 9701 §7
    introspection_signing_alg_values_supported: server.algorithms,
    code_challenge_methods_supported: CODE_CHALLENGE_METHODS,
    prompt_values_supported: PROMPTS,
    ui_locales_supported: server.ui_locales,
    // One responsive page serves them all; other values are ignored, as all unknown ones are.
    display_values_supported: ["page", "popup", "touch"],
    // RFC 9207 §3
    authorization_response_iss_parameter_supported: true,
    // OpenID Connect Front-Channel Logout §3, Back-Channel Logout §2.1
    frontchannel_logout_supported: true,
    frontchannel_logout_session_supported: true,
    backchannel_logout_supported: true,
    backchannel_logout_session_supported: true,
    claims_parameter_supported: true,
    request_parameter_supported: true,
    request_uri_parameter_supported: true,
    require_request_uri_registration: true,
    // RFC 9101 §10.5: none is not among them
    request_object_signing_alg_values_supported: ALGORITHM_NAMES,
  };
}
