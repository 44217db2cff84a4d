/** Which clients there are, with every default filled in. */

import type { ClientConfig, Config } from "../config/schema.ts";
import { type Client, DEVICE_CODE, RESPONSE_TYPES, type ResponseType } from "../oauth/client.ts";
import { hashedSecrets } from "./client_secret.ts";

/** Where clients are looked up. */
export interface ClientRegistry {
  /** The client of that id, enabled or not. */
  find(client_id: string): Promise<Client | undefined>;
  /** The origins that any enabled client lists in `allowed_cors_origins`. */
  readonly corsOrigins: ReadonlySet<string>;
  /** What any enabled client may ask for at the authorization endpoint, in the order of `RESPONSE_TYPES`. */
  readonly responseTypes: readonly ResponseType[];
  /** Whether any enabled client may ask from a device (RFC 8628). */
  readonly onDevices: boolean;
}

/** The clients of a configuration. */
export function createClientRegistry(
  config: Pick<Config, "clients" | "sessions" | "tokens">,
): ClientRegistry {
  const clients = new Map(
    config.clients.map((client) => [client.client_id, toClient(client, config)]),
  );
  const enabled = [...clients.values()].filter((client) => client.enabled);
  return {
    find: (client_id) => Promise.resolve(clients.get(client_id)),
    corsOrigins: new Set(enabled.flatMap((client) => client.allowed_cors_origins)),
    // `code` is what the server stands for, whether or not a client of today asks for it.
    responseTypes: RESPONSE_TYPES.filter((type) =>
      type === "code" || enabled.some((client) => client.response_types.includes(type))
    ),
    onDevices: enabled.some(({ grant_types }) => grant_types.includes(DEVICE_CODE)),
  };
}

function toClient(
  client: ClientConfig,
  { sessions, tokens }: Pick<Config, "sessions" | "tokens">,
): Client {
  const usesCode = client.grant_types.includes("authorization_code");
  return {
    ...client,
    response_types: client.response_types ?? (usesCode ? ["code"] : []),
    client_secrets: hashedSecrets(client.client_secrets),
    sector_identifier: sectorIdentifier(client),
    access_token_lifetime: client.access_token_lifetime ?? tokens.access_token_lifetime,
    id_token_lifetime: client.id_token_lifetime ?? tokens.id_token_lifetime,
    authorization_code_lifetime: client.authorization_code_lifetime ??
      tokens.authorization_code_lifetime,
    device_code_lifetime: client.device_code_lifetime ?? tokens.device_code_lifetime,
    device_polling_interval: client.device_polling_interval ?? tokens.device_polling_interval,
    refresh_token_lifetime: client.refresh_token_lifetime ?? tokens.refresh_token_lifetime,
    refresh_token_absolute_lifetime: client.refresh_token_absolute_lifetime ??
      tokens.refresh_token_absolute_lifetime,
    coordinate_lifetime_with_user_session: client.coordinate_lifetime_with_user_session ??
      sessions.coordinate_client_lifetimes_with_user_session,
  };
}

/**
 * OpenID Connect Core §8.1: the host of `sector_identifier_uri`; without one, that of the redirect URIs, which have one
 * alone. What stands at that URI isn't fetched: in a configuration the operator's word is the registration.
 */
function sectorIdentifier({ sector_identifier_uri, redirect_uris }: ClientConfig): string {
  const uri = sector_identifier_uri ?? redirect_uris[0];
  return uri === undefined ? "" : new URL(uri).hostname;
}
