/** Whether pairwise subjects can be made, and for whom (OpenID Connect Core §8). */

import type { Finding } from "./finding.ts";
import type { ClientConfig, Config } from "./schema.ts";

/** OpenID Connect Core §8.1: whoever guesses the salt knows whom a pairwise subject names. */
const SHORTEST_SALT = 16;

/** What is wrong with the salt, and with what clients say of their sectors. */
export function pairwiseFindings(
  { clients, tokens: { pairwise_salt } }: Pick<Config, "clients" | "tokens">,
  incomplete: ReadonlySet<string>,
): Finding[] {
  // An empty one could not be read, which is known.
  const short = pairwise_salt !== undefined && pairwise_salt !== "" &&
    pairwise_salt.length < SHORTEST_SALT;
  const missing = pairwise_salt === undefined && !incomplete.has("tokens");
  return [
    ...short
      ? [{
        path: ["tokens", "pairwise_salt"],
        message:
          `expected at least ${SHORTEST_SALT} characters, as \`latchkey generate-secret\` makes`,
      }]
      : [],
    ...clients.flatMap((client, index) =>
      [
        ...missing && client.subject_type === "pairwise"
          ? [{ path: ["subject_type"], message: "pairwise needs tokens.pairwise_salt" }]
          : [],
        ...sectorFindings(client),
      ].map((finding) => ({ ...finding, path: ["clients", index, ...finding.path] }))
    ),
  ];
}

function sectorFindings(
  { subject_type, sector_identifier_uri, redirect_uris }: ClientConfig,
): Finding[] {
  const path = ["sector_identifier_uri"];
  if (sector_identifier_uri !== undefined) {
    // OpenID Connect Registration §5; the list behind it is for strangers that register, whom configuration has none of
    return sector_identifier_uri.startsWith("https:")
      ? []
      : [{ path, message: "expected an https URL" }];
  }
  if (subject_type === "public") return [];
  // OpenID Connect Core §8.1: without it, the redirect URIs have one host
  const hosts = new Set(redirect_uris.filter((uri) => URL.canParse(uri)).map(hostOf));
  return hosts.size === 1 && !hosts.has("") ? [] : [{
    path,
    message: "needed where subject_type is pairwise and redirect_uris have not one host alone",
  }];
}

function hostOf(uri: string): string {
  return new URL(uri).hostname;
}
