/** Whether a secret is one of a client's (RFC 6749 §2.3.1). */

import { equalInConstantTime, sha256Hex } from "../lib/bytes.ts";
import type { Env } from "../lib/env.ts";
import type { Client } from "../oauth/client.ts";

/** Compares with every secret that has not expired, always all of them. */
export function verifyClientSecret(
  server: { readonly env: Pick<Env, "now"> },
  client: Pick<Client, "client_secrets">,
  secret: string,
): boolean {
  const presented = sha256Hex(secret);
  let matched = false;
  for (const { sha256, expires_at } of client.client_secrets) {
    const alive = expires_at === undefined || server.env.now() < expires_at;
    matched = equalInConstantTime(sha256, presented) && alive || matched;
  }
  return matched;
}
