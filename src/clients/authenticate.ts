/** Which client calls, proven by the one method that it is registered for. */

import { sha256Hex } from "../lib/bytes.ts";
import type { Env } from "../lib/env.ts";
import type { Client, ClientAuthenticationMethod } from "../oauth/client.ts";
import { authenticationFailed, OAuthError } from "../oauth/error.ts";
import type { Collections } from "../store/collection.ts";
import type { ClientKeys } from "./client_keys.ts";
import { verifyClientSecret } from "./client_secret.ts";
import { type ClientRequest, type Credentials, readCredentials } from "./credentials.ts";
import { verifyAssertion } from "./private_key_jwt.ts";
import type { ClientRegistry } from "./registry.ts";

interface Server {
  readonly env: Pick<Env, "now">;
  readonly records: Pick<Collections, "replay">;
  readonly clients: Pick<ClientRegistry, "find">;
  readonly clientKeys: ClientKeys;
  readonly audiences: readonly string[];
}

/** Throws `invalid_client` unless the secret proves the client. */
type Verify = (server: Server, client: Client, secret: string) => void | Promise<void>;

const METHODS: Readonly<Record<ClientAuthenticationMethod, Verify>> = {
  client_secret_basic: bySecret,
  client_secret_post: bySecret,
  private_key_jwt: verifyAssertion,
  // RFC 6749 §3.2.1: a public client says who it is
  none: () => {},
};

/**
 * The client of a request. Throws `invalid_request` for several methods at once and `invalid_client` otherwise:
 * the same for an unknown client, a disabled one, another method than the registered one, and a wrong secret.
 */
export async function authenticateClient(server: Server, request: ClientRequest): Promise<Client> {
  const credentials = readCredentials(request);
  const client = await server.clients.find(credentials.client_id);
  return await proveClient(server, client, credentials);
}

/** The client that was found for some credentials, where they prove it. Throws `invalid_client` as `authenticateClient` does. */
export async function proveClient(
  server: Server,
  client: Client | undefined,
  { method, client_id, secret }: Credentials,
): Promise<Client> {
  // Somebody may have sent a secret in its place, so only the names of clients are logged.
  const named = client === undefined
    ? { client_id_sha256: sha256Hex(client_id).slice(0, 16) }
    : { client_id };
  const detail = { ...named, method };
  if (client === undefined || !client.enabled || client.token_endpoint_auth_method !== method) {
    // As much work as for a wrong secret, so that the time does not tell who exists.
    verifyClientSecret(server, NOBODYS_SECRETS, secret);
    throw authenticationFailed({
      ...detail,
      reason: "unknown or disabled client, or another method",
    });
  }
  try {
    await METHODS[method](server, client, secret);
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    throw authenticationFailed({ ...detail, ...error.detail });
  }
  return client;
}

const NOBODYS_SECRETS = [{ sha256: "0".repeat(64), expires_at: undefined }];

function bySecret(server: Server, client: Client, secret: string): void {
  if (!verifyClientSecret(server, client.client_secrets, secret)) {
    throw authenticationFailed({ reason: "wrong or expired secret" });
  }
}
