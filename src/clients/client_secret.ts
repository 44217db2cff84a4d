/** Whether a secret is one of those that somebody may use (RFC 6749 §2.3.1). */

import type { ClientConfig } from "../config/schema.ts";
import { equalInConstantTime, sha256Hex } from "../lib/bytes.ts";
import type { Env } from "../lib/env.ts";
import type { ClientSecret } from "../oauth/client.ts";

/** Configured secrets as they are compared: by their hashes alone. */
export function hashedSecrets(
  configured: ClientConfig["client_secrets"],
): readonly ClientSecret[] {
  return configured.map(({ sha256, value, expires_at }) => ({
    sha256: sha256 ?? sha256Hex(value ?? ""),
    expires_at,
  }));
}

/** Compares with every secret that has not expired, always all of them. */
export function verifyClientSecret(
  server: { readonly env: Pick<Env, "now"> },
  secrets: readonly ClientSecret[],
  secret: string,
): boolean {
  const presented = sha256Hex(secret);
  let matched = false;
  for (const { sha256, expires_at } of secrets) {
    const alive = expires_at === undefined || server.env.now() < expires_at;
    matched = equalInConstantTime(sha256, presented) && alive || matched;
  }
  return matched;
}
