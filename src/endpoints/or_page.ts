/** What is told to the person, because nobody is proven yet to whom a browser could be sent. */

import type { ClientRegistry } from "../clients/registry.ts";
import type { Client } from "../oauth/client.ts";
import { OAuthError } from "../oauth/error.ts";
import type { Explanation } from "../pages/error.tsx";
import { PageError } from "./errors.ts";

/** What `read` answers. Where it throws an `OAuthError`, a `PageError` with this explanation is thrown instead. */
export function orPage<T>(explanation: Explanation, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    throw new PageError(error.code, explanation, error.message, error.detail);
  }
}

/** So much of an unknown `client_id` stands in the log. */
const LONGEST_LOGGED = 255;

/** The client that a browser comes from. Throws a `PageError` where there is none, or none that is enabled. */
export async function provenClient(
  server: { readonly clients: Pick<ClientRegistry, "find"> },
  client_id: string,
): Promise<Client> {
  const client = await server.clients.find(client_id);
  if (client?.enabled) return client;
  throw new PageError("unauthorized_client", "client", "the client is unknown or disabled", {
    client_id: client_id.slice(0, LONGEST_LOGGED),
  });
}
