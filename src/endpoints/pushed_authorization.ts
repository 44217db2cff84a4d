/** POST /connect/par: a client pushes an authorization request, before it sends the person (RFC 9126 §2). */

import type { Context } from "hono";
import { authenticateClient } from "../clients/authenticate.ts";
import type { Config } from "../config/schema.ts";
import { placesOf } from "../lib/address.ts";
import type { Env } from "../lib/env.ts";
import { keepPushed, type PushedServer } from "../login/pushed_request.ts";
import { type Client, isConfidential } from "../oauth/client.ts";
import { OAuthError, TooManyRequests } from "../oauth/error.ts";
import { type Rate, spend, type ThrottleServer } from "../store/throttle.ts";
import { type AddressServer, type AppEnv, audit, NO_STORE, readClientRequest } from "./http.ts";
import {
  type BadRequest,
  type GoodRequest,
  type ReadingServer,
  readRequest,
  useUp,
} from "./read_request.ts";

type Server =
  & Parameters<typeof authenticateClient>[0]
  & ReadingServer
  & PushedServer
  & ThrottleServer
  & AddressServer
  & {
    readonly env: Pick<Env, "log">;
    readonly config: Pick<Config, "security" | "tokens">;
  };

/** Answers a `request_uri` (RFC 9126 §2.2); throws the errors of RFC 9126 §2.3. */
export async function pushedAuthorization(server: Server, c: Context<AppEnv>): Promise<Response> {
  const sent = await readClientRequest(server, c);
  const client = await authenticateClient(server, sent);
  const { parameters } = sent;
  // RFC 9126 §2.1
  if (parameters.get("request_uri") !== undefined) {
    throw new OAuthError("invalid_request", "request_uri can't be pushed");
  }
  if (client.response_types.length === 0) {
    const description = "the client may not use the authorization endpoint";
    throw new OAuthError("unauthorized_client", description);
  }
  const read = good(await readRequest(server, client, parameters));
  await admit(server, client, sent.address);
  const { request } = good(await useUp(server, read));
  const { pushed_request_lifetime: expires_in } = server.config.tokens;
  const request_uri = await keepPushed(server, request, expires_in);
  audit(server, c, "authorization.pushed", {
    client_id: client.client_id,
    scope: request.scope.join(" "),
  });
  return c.json({ request_uri, expires_in }, 201, NO_STORE);
}

/** The request, where it is right; throws what is wrong with it. */
function good(read: GoodRequest | BadRequest): GoodRequest {
  if ("error" in read) throw read.error;
  return read;
}

/**
 * Throws `TooManyRequests` where a client has pushed more than may wait (RFC 9126 §2.3). Anybody can push in the name of
 * a public client, so each address has a count of its own: nobody uses up what is another's.
 */
async function admit(server: Server, client: Client, address: string): Promise<void> {
  const { client_id } = client;
  const { pushed_requests: burst } = server.config.security.limits;
  const per = server.config.tokens.pushed_request_lifetime;
  const rates: Rate[] = isConfidential(client)
    ? [{ id: `pushed\0${client_id}`, burst, per }]
    : placesOf(address).map(({ place, times }) => ({
      id: `pushed_address\0${place}\0${client_id}`,
      burst: burst * times,
      per,
    }));
  const wait = await spend(server, ...rates);
  if (wait > 0) throw new TooManyRequests(wait, { client_id, reason: "too much is pushed" });
}
