/** POST /connect/introspect: whether a token is good, and what it says (RFC 7662), signed where that is asked for (RFC 9701). */

import type { Context } from "hono";
import { isAnonymous } from "../clients/credentials.ts";
import { authenticateIntrospector, type Introspector } from "../clients/introspector.ts";
import type { Config } from "../config/schema.ts";
import type { Keys } from "../keys/keys.ts";
import { signJwt } from "../keys/signer.ts";
import { preferredType } from "../lib/accept.ts";
import type { Env } from "../lib/env.ts";
import type { SigningAlgorithm } from "../oauth/client.ts";
import { OAuthError } from "../oauth/error.ts";
import {
  accessTokenForClient,
  accessTokenForResource,
  INACTIVE,
  type Introspection,
  introspectionClaims,
  refreshTokenForClient,
  SIGNED_INTROSPECTION,
} from "../oauth/introspection.ts";
import {
  inspectAccessToken,
  type InspectingServer,
  inspectRefreshToken,
} from "../tokens/inspect.ts";
import { type AddressServer, type AppEnv, NO_STORE, readClientRequest, traceId } from "./http.ts";

type Server =
  & Parameters<typeof authenticateIntrospector>[0]
  & InspectingServer
  & AddressServer
  & {
    readonly env: Pick<Env, "log" | "now" | "random">;
    readonly config: Pick<Config, "issuer" | "tokens">;
    readonly keys: Pick<Keys, "algorithms" | "signing" | "refresh">;
  };

/**
 * Answers `active: false` for whatever is not good, or not for whoever asks (RFC 7662 §2.2);
 * throws `invalid_client` and `invalid_request`.
 */
export async function introspection(server: Server, c: Context<AppEnv>): Promise<Response> {
  const request = await readClientRequest(server, c);
  const accept = c.req.header("Accept");
  const type = preferredType(accept, ["application/json", SIGNED_INTROSPECTION]);
  const signed = type === SIGNED_INTROSPECTION;
  // RFC 9701 §5: whoever asks for a JWT and does not authenticate MUST be refused with 400
  if (signed && isAnonymous(request)) {
    throw new OAuthError("invalid_request", "client authentication is missing");
  }
  const asker = await authenticateIntrospector(server, request);
  // RFC 7662 §2.1: a token_type_hint may be ignored where all kinds are looked through
  const answer = await tell(server, asker, request.parameters.require("token"));
  noteAnswer(server, c, asker, answer);
  if (!signed) return c.json(answer, 200, NO_STORE);
  const claims = introspectionClaims({
    iss: server.config.issuer,
    aud: asker.name,
    iat: server.env.now(),
    answer,
  });
  const header = { alg: algorithmFor(server, asker), typ: "token-introspection+jwt" };
  const jwt = await signJwt(server.keys, header, claims);
  return c.body(jwt, 200, { ...NO_STORE, "Content-Type": SIGNED_INTROSPECTION });
}

async function tell(server: Server, asker: Introspector, token: string): Promise<Introspection> {
  const access = await inspectAccessToken(server, token);
  if (asker.kind === "resource") {
    // Refresh tokens are for the server alone: no API may learn that it holds one.
    return access === undefined
      ? INACTIVE
      : accessTokenForResource(access, asker.party, server.scopes.apiClaims);
  }
  if (access !== undefined) {
    return access.client_id === asker.name ? accessTokenForClient(access) : INACTIVE;
  }
  const refresh = await inspectRefreshToken(server, token);
  return refresh?.client_id === asker.name
    ? refreshTokenForClient(server.config.issuer, refresh)
    : INACTIVE;
}

/** What the asker has registered; RFC 9701 §6: RS256 where that is nothing, if there is such a key. */
function algorithmFor({ keys, config }: Server, { party }: Introspector): SigningAlgorithm {
  const fallback = keys.algorithms.includes("RS256")
    ? "RS256"
    : config.tokens.access_token_signed_response_alg;
  return party.introspection_signed_response_alg ?? fallback;
}

/** An API asks at every request that it gets, which is too much for the level of other audit events. */
function noteAnswer(
  server: Server,
  c: Context<AppEnv>,
  { kind, name }: Introspector,
  { active }: Introspection,
): void {
  const asker = kind === "client" ? { client_id: name } : { resource: name };
  server.env.log.debug("token.introspected", { trace_id: traceId(server, c), ...asker, active });
}
