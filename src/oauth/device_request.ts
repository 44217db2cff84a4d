/** What a device asks for, once every rule has been checked (RFC 8628 §3.1). */

import { type Client, DEVICE_CODE } from "./client.ts";
import { OAuthError } from "./error.ts";
import type { Parameters } from "./parameters.ts";
import { requestedScope } from "./requested_scope.ts";
import { requestedResource, type Resource } from "./resource.ts";

/** A valid device authorization request. */
export interface DeviceRequest {
  readonly scope: readonly string[];
  /** Empty: all that the scopes lead to. */
  readonly resource: readonly string[];
}

/**
 * The request of an authenticated client; what devices have no use for, `redirect_uri` say, is ignored. Throws
 * `unauthorized_client` where the client may not use the grant, `invalid_scope`, `invalid_target`.
 */
export function parseDeviceRequest(
  server: {
    /** All scopes that anybody may ask for. */
    readonly scopes: ReadonlySet<string>;
    readonly resources: readonly Resource[];
  },
  client: Pick<Client, "grant_types" | "scope">,
  parameters: Parameters,
): DeviceRequest {
  if (!client.grant_types.includes(DEVICE_CODE)) {
    throw new OAuthError("unauthorized_client", "the client may not use the device code grant");
  }
  const scope = requestedScope(server.scopes, client, parameters);
  return { scope, resource: requestedResource(server.resources, scope, parameters.resource) };
}
