/** POST /connect/revocation: a client gives back a token (RFC 7009). */

import type { Context } from "hono";
import { authenticateClient } from "../clients/authenticate.ts";
import type { Env } from "../lib/env.ts";
import { revokeToken } from "../tokens/revoke.ts";
import { type AddressServer, type AppEnv, audit, NO_STORE, readClientRequest } from "./http.ts";

type Server =
  & Parameters<typeof revokeToken>[0]
  & Parameters<typeof authenticateClient>[0]
  & AddressServer
  & {
    readonly env: Pick<Env, "log" | "random">;
  };

/** Answers 200 whether there was such a token or not (RFC 7009 §2.2); throws `invalid_client` and `invalid_request`. */
export async function revocation(server: Server, c: Context<AppEnv>): Promise<Response> {
  const request = await readClientRequest(server, c);
  const client = await authenticateClient(server, request);
  // RFC 7009 §2.1: token_type_hint only speeds up a search, and ours needs none
  if (await revokeToken(server, client, request.parameters.require("token"))) {
    audit(server, c, "token.revoked", { client_id: client.client_id });
  }
  return c.body(null, 200, NO_STORE);
}
