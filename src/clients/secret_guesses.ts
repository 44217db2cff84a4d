/** Whether somebody knows the secret of a client or an API, and how many wrong ones may be tried (RFC 6749 §2.3.1). */

import type { Config } from "../config/schema.ts";
import { sha256Hex } from "../lib/bytes.ts";
import type { ClientSecret } from "../oauth/client.ts";
import { authenticationDelayed } from "../oauth/error.ts";
import { admitGuess, forgiveGuesses, type ThrottleServer } from "../store/throttle.ts";
import { verifyClientSecret } from "./client_secret.ts";
import type { ProvenCallers, Verdict } from "./proven_callers.ts";

type Security = Config["security"];

/** What trying a secret needs. */
export interface SecretServer extends ThrottleServer {
  readonly config: {
    readonly security: {
      readonly limits: Pick<Security["limits"], "client_secret_tries">;
      readonly login: Pick<Security["login"], "longest_delay">;
    };
  };
  readonly provenCallers: ProvenCallers;
}

/** A secret that somebody presents. */
export interface SecretGuess {
  /** Whose it is to be; `undefined`: of nobody that has one, which is counted once for all names. */
  readonly owner: { readonly kind: "client" | "resource"; readonly name: string } | undefined;
  /** From where: a network address, IPv6 as its /64. */
  readonly address: string;
  readonly secret: string;
  /** What the log should hear of whoever has to wait; nothing secret. */
  readonly detail: Readonly<Record<string, unknown>>;
}

/**
 * Whether a secret is one of some. It is counted before it is compared, so that of guesses at the same moment, at
 * whatever instance, no more than `security.limits.client_secret_tries` are compared; then throws `TooManyRequests`,
 * right or wrong. Throws `StoreError` where the count can't be known.
 *
 * Whoever was right here lately is compared without a count. The first wrong secret ends that in the same step, and a
 * right one forgives those before it. So whoever shares the address of a client has no more guesses than the limit each
 * time that the client is right, and keeps it waiting by more: nothing but the secret tells the two apart.
 */
export async function isRightSecret(
  server: SecretServer,
  { owner, address, secret, detail }: SecretGuess,
  secrets: readonly ClientSecret[],
): Promise<boolean> {
  const { provenCallers } = server;
  const caller = owner === undefined
    ? `nobodys_secret\0${address}`
    : `${owner.kind}_secret\0${address}\0${owner.name}`;
  if (provenCallers.has(caller)) {
    if (verifyClientSecret(server, secrets, secret)) {
      provenCallers.add(caller);
      return true;
    }
    provenCallers.delete(caller);
    await count(server, caller);
    return false;
  }
  // A client that starts sends many requests at once: they are one guess.
  const verdict = await provenCallers.once(
    `${caller}\0${sha256Hex(secret)}`,
    () => judge(server, caller, () => verifyClientSecret(server, secrets, secret)),
  );
  if (typeof verdict === "number") throw authenticationDelayed(verdict, detail);
  return verdict;
}

async function judge(
  server: SecretServer,
  caller: string,
  isRight: () => boolean,
): Promise<Verdict> {
  const seconds = await count(server, caller);
  if (seconds > 0) return seconds;
  if (!isRight()) return false;
  server.provenCallers.add(caller);
  await forgiveGuesses(server, caller);
  return true;
}

function count(server: SecretServer, id: string): Promise<number> {
  const { limits, login } = server.config.security;
  const limit = { limit: limits.client_secret_tries, longest_delay: login.longest_delay };
  return admitGuess(server, [{ id, ...limit }]);
}
