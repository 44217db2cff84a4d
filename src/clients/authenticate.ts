/** Which client calls, proven by the one method that it is registered for. */

import { sha256Hex } from "../lib/bytes.ts";
import type { Client, ClientAuthenticationMethod } from "../oauth/client.ts";
import { authenticationFailed, OAuthError, TooManyRequests } from "../oauth/error.ts";
import type { Collections } from "../store/collection.ts";
import type { ClientKeys } from "./client_keys.ts";
import { type ClientRequest, type Credentials, readCredentials } from "./credentials.ts";
import { verifyAssertion } from "./private_key_jwt.ts";
import type { ClientRegistry } from "./registry.ts";
import { isRightSecret, type SecretServer } from "./secret_guesses.ts";

interface Server extends SecretServer {
  readonly records: Pick<Collections, "replay" | "throttle">;
  readonly clients: Pick<ClientRegistry, "find">;
  readonly clientKeys: ClientKeys;
  readonly audiences: readonly string[];
}

/** What a request brings, and from where. */
export type Presented = Credentials & Pick<ClientRequest, "address">;

/** Throws `invalid_client` unless what is presented proves the client; `detail` is what the log knows of it. */
type Verify = (
  server: Server,
  client: Client,
  presented: Presented,
  detail: Readonly<Record<string, unknown>>,
) => void | Promise<void>;

const METHODS: Readonly<Record<ClientAuthenticationMethod, Verify>> = {
  client_secret_basic: bySecret,
  client_secret_post: bySecret,
  private_key_jwt: (server, client, { secret }) => verifyAssertion(server, client, secret),
  // RFC 6749 §3.2.1: a public client says who it is
  none: () => {},
};

/**
 * The client of a request. Throws `invalid_request` for several methods at once and `invalid_client` otherwise:
 * the same for an unknown client, a disabled one, another method than the registered one, and a wrong secret.
 * Throws `TooManyRequests` where too many secrets have been tried.
 */
export async function authenticateClient(server: Server, request: ClientRequest): Promise<Client> {
  const credentials = readCredentials(request);
  const client = await server.clients.find(credentials.client_id);
  return await proveClient(server, client, { ...credentials, address: request.address });
}

/** The client that was found for some credentials, where they prove it. Throws as `authenticateClient` does. */
export async function proveClient(
  server: Server,
  client: Client | undefined,
  presented: Presented,
): Promise<Client> {
  const { method, client_id, secret, address } = presented;
  // Somebody may have sent a secret in its place, so only the names of clients are logged.
  const named = client === undefined
    ? { client_id_sha256: sha256Hex(client_id).slice(0, 16) }
    : { client_id };
  const detail = { ...named, method };
  if (client === undefined || !client.enabled || client.token_endpoint_auth_method !== method) {
    // As much work as for a wrong secret, so that the time does not tell who exists.
    if (METHODS[method] === bySecret) {
      const guess = { owner: undefined, address, secret, detail };
      await isRightSecret(server, guess, NOBODYS_SECRETS);
    }
    throw authenticationFailed({
      ...detail,
      reason: "unknown or disabled client, or another method",
    });
  }
  try {
    await METHODS[method](server, client, presented, detail);
  } catch (error) {
    if (!(error instanceof OAuthError) || error instanceof TooManyRequests) throw error;
    throw authenticationFailed({ ...detail, ...error.detail });
  }
  return client;
}

const NOBODYS_SECRETS = [{ sha256: "0".repeat(64), expires_at: undefined }];

async function bySecret(
  server: Server,
  client: Client,
  { secret, address }: Presented,
  detail: Readonly<Record<string, unknown>>,
): Promise<void> {
  const owner = { kind: "client", name: client.client_id } as const;
  if (!await isRightSecret(server, { owner, address, secret, detail }, client.client_secrets)) {
    throw authenticationFailed({ reason: "wrong or expired secret" });
  }
}
