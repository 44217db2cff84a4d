/** Whether secrets that everybody knows from the demo are about to guard something real. */

import { isLoopbackHost } from "../oauth/redirect_uri.ts";
import type { Finding } from "./finding.ts";
import type { Config } from "./schema.ts";

const MESSAGE = "a demo secret, which everybody knows; it is accepted for a loopback issuer alone";

/** Secrets that begin with `demo-`, and hashes whose salt begins with `latchkey-demo`. */
export function demoFindings(config: Config): Finding[] {
  const { issuer, listen } = config;
  if (!URL.canParse(issuer)) return [];
  const findings = demoSecrets(config);
  if (!isLoopbackHost(new URL(issuer).hostname)) return findings;
  // In a container a loopback issuer may well listen on every address.
  if (listen.unix !== undefined || isLoopbackHost(listen.hostname) || listen.hostname === "::1") {
    return [];
  }
  return findings.slice(0, 1).map(() => ({
    path: ["listen", "hostname"],
    message: "demo secrets, which everybody knows, can be reached from other machines",
    warning: true,
  }));
}

function demoSecrets(
  { clients, resources, tokens, users, data_protection }: Config,
): Finding[] {
  return [
    ...isDemo(tokens.pairwise_salt)
      ? [{ path: ["tokens", "pairwise_salt"], message: MESSAGE }]
      : [],
    ...(data_protection?.keys ?? []).flatMap((key, index) =>
      isDemo(key) ? [{ path: ["data_protection", "keys", index], message: MESSAGE }] : []
    ),
    ...clients.flatMap(({ client_secrets }, client) =>
      client_secrets.flatMap(({ value }, index) =>
        isDemo(value)
          ? [{ path: ["clients", client, "client_secrets", index], message: MESSAGE }]
          : []
      )
    ),
    ...resources.flatMap(({ secrets }, resource) =>
      secrets.flatMap(({ value }, index) =>
        isDemo(value) ? [{ path: ["resources", resource, "secrets", index], message: MESSAGE }] : []
      )
    ),
    ...users.flatMap(({ password }, index) =>
      isDemo(password) ? [{ path: ["users", index, "password"], message: MESSAGE }] : []
    ),
  ];
}

function isDemo(secret: string | undefined): boolean {
  if (secret === undefined) return false;
  return secret.startsWith("demo-") || saltOf(secret).startsWith("latchkey-demo");
}

/** The salt in a hash in PHC form, as Latin-1. */
function saltOf(hash: string): string {
  const salt = hash.startsWith("$argon2id$") ? hash.split("$")[4] : undefined;
  try {
    return salt === undefined ? "" : atob(salt);
  } catch {
    return "";
  }
}
