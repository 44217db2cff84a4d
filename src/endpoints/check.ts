/** GET /connect/authorize/check: whoever runs the server wants to know what was wrong with a refused request. */

import type { Context } from "hono";
import type { ClientRegistry } from "../clients/registry.ts";
import type { ScopeCatalog } from "../config/scope_catalog.ts";
import type { Config } from "../config/schema.ts";
import type { Env } from "../lib/env.ts";
import { checkRequest } from "../oauth/check_request.ts";
import { TooManyRequests } from "../oauth/error.ts";
import { renderChecked } from "../pages/checked.tsx";
import { spend, type ThrottleServer } from "../store/throttle.ts";
import { type CheckLinkServer, openCheck } from "./check_link.ts";
import { PageError } from "./errors.ts";
import { type AddressServer, type AppEnv, audit, callerAddress, readQuery } from "./http.ts";
import { page, type PageServer, viewOf } from "./page.ts";

type Server = PageServer & CheckLinkServer & ThrottleServer & AddressServer & {
  readonly env: Env;
  readonly config: Pick<Config, "security">;
  readonly scopes: Pick<ScopeCatalog, "names">;
  readonly clients: Pick<ClientRegistry, "find">;
};

/**
 * So much of the log one address fills by it. Counting addresses lets whoever changes the configuration look again with
 * the same link, and keeps one record an address; a count for each link would be a record for each that a stranger asks for.
 */
const RATE = { burst: 10, per: 60 } as const;

/**
 * Writes to the log all that is wrong with the request, held against what is configured now. The page is the same
 * whatever that is: a stranger, who has the link too, learns nothing of a client by it.
 */
export async function check(server: Server, c: Context<AppEnv>): Promise<Response> {
  const refused = openCheck(server, readQuery(c).get("request"));
  if (refused === undefined) {
    throw new PageError("invalid_request", "check", "the link is none of ours, or too old");
  }
  const wait = await spend(server, { id: `check\0${callerAddress(server, c)}`, ...RATE });
  if (wait > 0) throw new TooManyRequests(wait, { reason: "too many checks" });
  const { trace_id: refused_trace_id, asked } = refused;
  const { client_id } = asked.parameters;
  const client = client_id === undefined ? undefined : await server.clients.find(client_id);
  const { require_pushed_authorization_requests } = server.config.security;
  const known = { scopes: server.scopes.names, require_pushed_authorization_requests };
  audit(server, c, "authorization.checked", {
    refused_trace_id,
    client_id,
    error: asked.error,
    error_description: asked.error_description,
    request: asked.form,
    findings: checkRequest(known, client, asked),
  });
  return page(c, renderChecked(viewOf(server, c), { trace_id: refused_trace_id }));
}
