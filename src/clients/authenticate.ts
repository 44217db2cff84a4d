/** Which client calls, proven by the one method that it is registered for. */

import { sha256Hex } from "../lib/bytes.ts";
import type { Env } from "../lib/env.ts";
import type { Client, ClientAuthenticationMethod } from "../oauth/client.ts";
import { authenticationFailed, OAuthError } from "../oauth/error.ts";
import type { Collections } from "../store/collection.ts";
import { verifyClientSecret } from "./client_secret.ts";
import { type ClientRequest, readCredentials } from "./credentials.ts";
import { verifyAssertion } from "./private_key_jwt.ts";
import type { ClientRegistry } from "./registry.ts";

interface Server {
  readonly env: Pick<Env, "now">;
  readonly records: Pick<Collections, "replay">;
  readonly clients: Pick<ClientRegistry, "find">;
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
  const { method, client_id, secret } = readCredentials(request);
  const client = await server.clients.find(client_id);
  // Somebody may have sent a secret in its place, so only the names of clients are logged.
  const named = client === undefined
    ? { client_id_sha256: sha256Hex(client_id).slice(0, 16) }
    : { client_id };
  const detail = { ...named, method };
  if (client === undefined || !client.enabled || client.token_endpoint_auth_method !== method) {
    // As much work as for a wrong secret, so that the time does not tell who exists.
    verifyClientSecret(server, NOBODY, secret);
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

const NOBODY = { client_secrets: [{ sha256: "0".repeat(64), expires_at: undefined }] };

function bySecret(server: Server, client: Client, secret: string): void {
  if (!verifyClientSecret(server, client, secret)) {
    throw authenticationFailed({ reason: "wrong or expired secret" });
  }
}
