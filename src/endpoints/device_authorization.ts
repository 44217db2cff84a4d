/** POST /connect/deviceauthorization: a device asks for codes (RFC 8628 §3.1). */

import type { Context } from "hono";
import { authenticateClient } from "../clients/authenticate.ts";
import type { Config } from "../config/schema.ts";
import type { ScopeCatalog } from "../config/scope_catalog.ts";
import type { Env } from "../lib/env.ts";
import type { TrustedProxies } from "../lib/address.ts";
import { OAuthError } from "../oauth/error.ts";
import { PATHS } from "../oauth/metadata.ts";
import { bounded } from "../oauth/parameters.ts";
import { parseResource, validateResource } from "../oauth/resource.ts";
import { parseScope, validateScope } from "../oauth/scope.ts";
import { showUserCode } from "../oauth/user_code.ts";
import { beginDevice, type DeviceServer } from "../tokens/device_authorization.ts";
import { type AppEnv, audit, callerAddress, NO_STORE, readClientRequest } from "./http.ts";

const DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code";

type Server = DeviceServer & Parameters<typeof authenticateClient>[0] & {
  readonly env: Pick<Env, "log">;
  readonly config: Pick<Config, "issuer" | "resources">;
  readonly scopes: Pick<ScopeCatalog, "names">;
  readonly trustedProxies: TrustedProxies;
};

/** Answers the codes (RFC 8628 §3.2); throws the errors of RFC 6749 §5.2. */
export async function deviceAuthorization(server: Server, c: Context<AppEnv>): Promise<Response> {
  const request = await readClientRequest(c);
  const client = await authenticateClient(server, request);
  const { parameters } = request;
  if (!client.grant_types.includes(DEVICE_CODE)) {
    throw new OAuthError("unauthorized_client", "the client may not use the device code grant");
  }
  const text = bounded(parameters, "scope");
  // RFC 6749 §3.3: without a default, a missing scope fails
  if (text === undefined) throw new OAuthError("invalid_scope", "scope is missing");
  const scope = parseScope(text).filter((name) => server.scopes.names.has(name));
  validateScope(scope, client.scope);
  if (scope.length === 0) throw new OAuthError("invalid_scope", "no scope is known");
  const { resources, issuer } = server.config;
  const resource = parseResource(parameters.resource, resources.map((one) => one.resource));
  validateResource(resources, scope, resource);
  const asked = { scope, resource, address: callerAddress(server, c) };
  const { device_code, user_code } = await beginDevice(server, client, asked);
  const { client_id, device_code_lifetime, device_polling_interval } = client;
  audit(server, c, "device.authorization.requested", { client_id, scope: scope.join(" ") });
  const shown = showUserCode(user_code);
  return c.json(
    {
      device_code,
      user_code: shown,
      verification_uri: issuer + PATHS.device,
      verification_uri_complete: `${issuer}${PATHS.device}?user_code=${shown}`,
      expires_in: device_code_lifetime,
      interval: device_polling_interval,
    },
    200,
    NO_STORE,
  );
}
