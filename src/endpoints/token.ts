/** POST /connect/token: a grant for tokens (RFC 6749 §3.2). */

import type { Context } from "hono";
import { authenticateClient } from "../clients/authenticate.ts";
import type { GrantServer } from "../grants/grant.ts";
import { exchange } from "../grants/mod.ts";
import type { Env } from "../lib/env.ts";
import { type AddressServer, type AppEnv, audit, NO_STORE, readClientRequest } from "./http.ts";

type Server = GrantServer & AddressServer & Parameters<typeof authenticateClient>[0] & {
  readonly env: Pick<Env, "log">;
};

/** Answers a token request; throws the errors of RFC 6749 §5.2. */
export async function token(server: Server, c: Context<AppEnv>): Promise<Response> {
  const request = await readClientRequest(server, c);
  const client = await authenticateClient(server, request);
  const { parameters } = request;
  const tokens = await exchange(server, client, parameters);
  audit(server, c, "token.issued", {
    client_id: client.client_id,
    grant_type: parameters.get("grant_type"),
    scope: tokens.scope,
  });
  return c.json(tokens, 200, NO_STORE);
}
