/** By which name a client knows a person (OpenID Connect Core §8). */

import { createHmac } from "node:crypto";
import type { Config } from "../config/schema.ts";
import { base64url } from "../lib/bytes.ts";
import type { Client } from "../oauth/client.ts";

/** The `sub` that this client sees of the person whose own is `sub`: the same, or a pairwise one for its sector (§8.1). */
export function subjectFor(
  { config }: { readonly config: { readonly tokens: Pick<Config["tokens"], "pairwise_salt"> } },
  client: Pick<Client, "subject_type" | "sector_identifier">,
  sub: string,
): string {
  if (client.subject_type === "public") return sub;
  const { pairwise_salt } = config.tokens;
  if (pairwise_salt === undefined) throw new Error("a pairwise client, but no pairwise_salt");
  const name = `${client.sector_identifier}\0${sub}`;
  return base64url(createHmac("sha256", pairwise_salt).update(name).digest());
}
