/** Whether the members of one client agree with each other. */

import { isConfidential } from "../oauth/client.ts";
import { redirectUriProblem } from "../oauth/redirect_uri.ts";
import type { Finding } from "./finding.ts";
import type { ClientConfig } from "./schema.ts";
import { clientKeyFindings } from "./validate_client_keys.ts";
import { grantTypeFindings } from "./validate_grant_types.ts";
import { logoutFindings } from "./validate_logout.ts";
import { literalFindings } from "./validate_secrets.ts";

/** What is wrong with the client at an index of `clients`. */
export function clientFindings(client: ClientConfig, index: number): Finding[] {
  return [
    ...uriFindings(client),
    ...logoutFindings(client),
    ...grantTypeFindings(client),
    ...graceFindings(client),
    ...credentialFindings(client),
    ...(isConfidential(client) ? [] : publicFindings(client)),
    ...clientKeyFindings(client),
  ].map((finding) => ({ ...finding, path: ["clients", index, ...finding.path] }));
}

function uriFindings(client: ClientConfig): Finding[] {
  const redirects = client.redirect_uris.flatMap((uri, index) => {
    const message = redirectUriProblem(uri);
    return message === undefined ? [] : [{ path: ["redirect_uris", index], message }];
  });
  const origins = client.allowed_cors_origins.flatMap((origin, index) =>
    isWebOrigin(origin) ? [] : [{
      path: ["allowed_cors_origins", index],
      message: "expected an origin such as https://app.example.com: no path, no slash, no wildcard",
    }]
  );
  return [...redirects, ...origins];
}

/** RFC 6454 §6.2: an origin as browsers send it, so that comparing texts is enough. */
function isWebOrigin(text: string): boolean {
  return /^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text &&
    !text.includes("*");
}

/** A longer grace, in seconds, helps thieves and nobody else: a lost answer is asked for again at once. */
const LONG_GRACE = 300;

function graceFindings(
  { refresh_token_grace: grace, refresh_token_usage }: ClientConfig,
): Finding[] {
  const warn = (message: string): Finding[] => [
    { path: ["refresh_token_grace"], message, warning: true },
  ];
  if (grace > 0 && refresh_token_usage === "reuse") {
    return warn("has no effect where refresh tokens are reused");
  }
  // RFC 9700 §4.14.2: a replay is what gives a thief away
  return grace > LONG_GRACE ? warn("a stolen refresh token goes unnoticed for so long") : [];
}

/** What only a client that can prove itself may do. */
function publicFindings(client: ClientConfig): Finding[] {
  return [
    // RFC 9700 §2.1.1: public clients MUST use PKCE
    ...client.require_pkce
      ? []
      : [{ path: ["require_pkce"], message: "a public client (none) can't do without PKCE" }],
    // RFC 9700 §4.14.2: their refresh tokens are sender-constrained or rotate
    ...client.refresh_token_usage === "one_time" ? [] : [{
      path: ["refresh_token_usage"],
      message: "a public client (none) can't reuse refresh tokens",
    }],
    ...client.grant_types.includes("client_credentials")
      ? [{
        path: ["grant_types"],
        message: "grant type client_credentials needs a client that can prove itself, " +
          "so a token_endpoint_auth_method other than none (RFC 6749 §4.4)",
      }]
      : [],
  ];
}

function credentialFindings(client: ClientConfig): Finding[] {
  const { token_endpoint_auth_method: method, client_secrets } = client;
  const literal = literalFindings(["client_secrets"], client_secrets);
  if (method === "none") {
    return client_secrets.length > 0
      ? [...literal, {
        path: ["client_secrets"],
        message: "a public client (none) can't have secrets",
      }]
      : literal;
  }
  return method === "private_key_jwt" || client_secrets.length > 0
    ? literal
    : [{ path: ["client_secrets"], message: `${method} needs at least one secret` }];
}
