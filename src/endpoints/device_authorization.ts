/** POST /connect/deviceauthorization: a device asks for codes (RFC 8628 §3.1). */

import type { Context } from "hono";
import { authenticateClient } from "../clients/authenticate.ts";
import type { Config } from "../config/schema.ts";
import type { ScopeCatalog } from "../config/scope_catalog.ts";
import type { Env } from "../lib/env.ts";
import { type Client, isConfidential } from "../oauth/client.ts";
import { parseDeviceRequest } from "../oauth/device_request.ts";
import { PATHS } from "../oauth/metadata.ts";
import { showUserCode, verificationUriComplete } from "../oauth/user_code.ts";
import {
  beginDevice,
  type DeviceCodes,
  type DeviceServer,
} from "../tokens/device_authorization.ts";
import { type AppEnv, audit, NO_STORE, readClientRequest } from "./http.ts";
import { admitWaiting, type WaitingServer } from "./waiting.ts";

type Server = DeviceServer & WaitingServer & Parameters<typeof authenticateClient>[0] & {
  readonly env: Pick<Env, "log">;
  readonly config: Pick<Config, "issuer" | "resources">;
  readonly scopes: Pick<ScopeCatalog, "names">;
};

/** Answers the codes (RFC 8628 §3.2); throws the errors of RFC 6749 §5.2. */
export async function deviceAuthorization(server: Server, c: Context<AppEnv>): Promise<Response> {
  const sent = await readClientRequest(server, c);
  const client = await authenticateClient(server, sent);
  const known = { scopes: server.scopes.names, resources: server.config.resources };
  const request = parseDeviceRequest(known, client, sent.parameters);
  // Anybody may ask in the name of a public client.
  if (!isConfidential(client)) await admitWaiting(server, c);
  const codes = await beginDevice(server, client, request, sent.address);
  const { client_id } = client;
  const scope = request.scope.join(" ");
  audit(server, c, "device.authorization.requested", { client_id, scope });
  return c.json(responseOf(server.config, client, codes), 200, NO_STORE);
}

/** RFC 8628 §3.2: what the device shows, and how long and how often it asks. */
function responseOf(
  { issuer }: Pick<Config, "issuer">,
  { device_code_lifetime, device_polling_interval }: Client,
  { device_code, user_code }: DeviceCodes,
): Readonly<Record<string, string | number>> {
  const verification_uri = issuer + PATHS.device;
  return {
    device_code,
    user_code: showUserCode(user_code),
    verification_uri,
    verification_uri_complete: verificationUriComplete(verification_uri, user_code),
    expires_in: device_code_lifetime,
    interval: device_polling_interval,
  };
}
