/** Who asks about a token: an API by a secret of its own, or a confidential client by its method. */

import type { Client } from "../oauth/client.ts";
import { authenticationFailed } from "../oauth/error.ts";
import { authenticateClient, proveClient } from "./authenticate.ts";
import { type ClientRequest, readCredentials } from "./credentials.ts";
import type { ProtectedResource, ResourceRegistry } from "./resources.ts";
import { isRightSecret } from "./secret_guesses.ts";

type Server = Parameters<typeof authenticateClient>[0] & { readonly resources: ResourceRegistry };

/** Who may ask about tokens; `name` is its resource indicator or `client_id`. */
export type Introspector =
  | { readonly kind: "resource"; readonly name: string; readonly party: ProtectedResource }
  | { readonly kind: "client"; readonly name: string; readonly party: Client };

/**
 * Who asks. An API proves itself as a client does by `client_secret_basic` or `client_secret_post`, its resource
 * indicator in place of a `client_id`. Throws as `authenticateClient` does, and `invalid_client` for public clients.
 */
export async function authenticateIntrospector(
  server: Server,
  request: ClientRequest,
): Promise<Introspector> {
  const credentials = readCredentials(request);
  const { method, client_id: name, secret } = credentials;
  const { address } = request;
  // RFC 7662 §2.1: whoever can't prove who it is may not try out tokens
  if (method === "none") throw authenticationFailed({ method, reason: "no proof" });
  // Both are looked up, so that the time does not tell which names there are.
  const client = await server.clients.find(name);
  const resource = server.resources.get(name);
  if (resource === undefined) {
    const party = await proveClient(server, client, { ...credentials, address });
    return { kind: "client", name, party };
  }
  const detail = { resource: name, method };
  const owner = { kind: "resource", name } as const;
  const proven = method !== "private_key_jwt" &&
    await isRightSecret(server, { owner, address, secret, detail }, resource.secrets);
  if (!proven) {
    throw authenticationFailed({ ...detail, reason: "wrong or expired secret, or another method" });
  }
  return { kind: "resource", name, party: resource };
}
