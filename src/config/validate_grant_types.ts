/** Whether what a client may ask for and what it may present agree (OpenID Connect Registration §2). */

import { DEVICE_CODE } from "../oauth/client.ts";
import { brings, grantTypesFor, isFrontChannel } from "../oauth/response_type.ts";
import type { Finding } from "./finding.ts";
import type { ClientConfig } from "./schema.ts";

/** What refresh tokens come from. */
const CODE_GRANTS = ["authorization_code", DEVICE_CODE] as const;

/** What is wrong with the grant and response types of a client. */
export function grantTypeFindings(client: ClientConfig): Finding[] {
  return [
    ...redirectFindings(client),
    ...responseTypeFindings(client),
    ...missingFindings(client),
    ...refreshFindings(client),
  ];
}

/** RFC 6749 §3.1.2.2: whoever is answered by redirect registers where. */
function redirectFindings({ grant_types, redirect_uris }: ClientConfig): Finding[] {
  const redirected = (["authorization_code", "implicit"] as const)
    .find((type) => grant_types.includes(type));
  return redirected === undefined || redirect_uris.length > 0 ? [] : [{
    path: ["redirect_uris"],
    message: `grant type ${redirected} needs at least one redirect URI`,
  }];
}

function responseTypeFindings({ grant_types, response_types = [] }: ClientConfig): Finding[] {
  return response_types.flatMap((type, index): Finding[] => {
    const path = ["response_types", index];
    const missing = grantTypesFor(type).filter((one) => !grant_types.includes(one));
    return [
      ...missing.map((one) => ({ path, message: `response type ${type} needs grant type ${one}` })),
      // RFC 9700 §2.1.2: access tokens SHOULD NOT come in answers of the authorization endpoint
      ...brings(type, "token")
        ? [{
          path,
          message:
            "brings access tokens through the browser, where they leak more easily; code doesn't",
          warning: true as const,
        }]
        : [],
    ];
  });
}

/** A grant type that no response type leads to. */
function missingFindings({ grant_types, response_types }: ClientConfig): Finding[] {
  const path = ["response_types"];
  // Without the member a client that may use codes asks for them.
  const types = response_types ?? (grant_types.includes("authorization_code") ? ["code"] : []);
  const code = grant_types.includes("authorization_code") &&
    !types.some((type) => brings(type, "code"));
  const implicit = grant_types.includes("implicit") && !types.some(isFrontChannel);
  return [
    ...code ? [{ path, message: "grant type authorization_code needs response type code" }] : [],
    ...implicit
      ? [{ path, message: "grant type implicit needs a response type with id_token or token" }]
      : [],
  ];
}

function refreshFindings({ grant_types, scope }: ClientConfig): Finding[] {
  const refresh = grant_types.includes("refresh_token");
  const findings: Finding[] = [];
  // RFC 6749 §1.5, RFC 8628 §3.5: a refresh token comes with what a code is redeemed for
  if (refresh && !CODE_GRANTS.some((type) => grant_types.includes(type))) {
    findings.push({
      path: ["grant_types"],
      message: "grant type refresh_token needs grant type authorization_code, or that of devices",
    });
  }
  if (scope.includes("offline_access") && !refresh) {
    findings.push({
      path: ["scope"],
      message: "scope offline_access needs grant type refresh_token",
    });
  }
  return findings;
}
