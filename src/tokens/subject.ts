/** By which names a client knows a person and their sessions (OpenID Connect Core §8). */

import { createHmac } from "node:crypto";
import type { Config } from "../config/schema.ts";
import { base64url } from "../lib/bytes.ts";
import type { Client } from "../oauth/client.ts";

type Server = { readonly config: { readonly tokens: Pick<Config["tokens"], "pairwise_salt"> } };
type Seer = Pick<Client, "subject_type" | "sector_identifier">;

/** The `sub` that this client sees of the person whose own is `sub`: the same, or a pairwise one for its sector (§8.1). */
export function subjectFor(server: Server, client: Seer, sub: string): string {
  return client.subject_type === "public"
    ? sub
    : pairwise(server, `${client.sector_identifier}\0${sub}`);
}

/**
 * The `sid` that this client sees of a session: by one for all, clients of two sectors could tell whom they share, which
 * pairwise subjects are to prevent (§8).
 */
export function sidFor(server: Server, client: Seer, sid: string): string {
  return client.subject_type === "public"
    ? sid
    : pairwise(server, `\0${client.sector_identifier}\0${sid}`);
}

function pairwise({ config }: Server, name: string): string {
  const { pairwise_salt } = config.tokens;
  if (pairwise_salt === undefined) throw new Error("a pairwise client, but no pairwise_salt");
  return base64url(createHmac("sha256", pairwise_salt).update(name).digest());
}
