/** Whether a user name and a password belong together (amr `pwd`, RFC 8176 §2). */

import { equalInConstantTime } from "../lib/bytes.ts";
import { isPasswordHash, verifyPassword } from "../lib/password_hash.ts";
import { comparableUsername } from "../lib/username.ts";
import { Busy, type Semaphore } from "../lib/semaphore.ts";
import type { User, UserDirectory } from "../users/directory.ts";
import { admitAttempt, type Attempt, forgiveAttempt, takeBackAttempt } from "./throttle.ts";

type Server = Parameters<typeof admitAttempt>[0] & {
  readonly users: Pick<UserDirectory, "findByUsername" | "decoyHash">;
  /** Bounds how many passwords are hashed at once. */
  readonly hashing: Semaphore;
};

/** How a try to log in ended. */
export type LoginResult =
  | { readonly user: User }
  | { readonly problem: "wrong" }
  /** Nothing was tried; the seconds until something may be. */
  | { readonly problem: "wait"; readonly seconds: number };

/** What is hashed where there is no such user, nor any with a hash, so that the time does not tell: nobody's password. */
const DUMMY_HASH =
  "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5J3Mtc2FsdC0wMQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/**
 * Tries a password. An unknown user, a disabled one, one without a password and a wrong password are the same.
 * Throws `Busy` where too many wait for their hash.
 */
export async function loginWithPassword(
  server: Server,
  { username, password, ...origin }:
    & { readonly username: string; readonly password: string }
    & Pick<Attempt, "address" | "knownBrowser">,
): Promise<LoginResult> {
  const attempt: Attempt = { account: comparableUsername(username), ...origin };
  const seconds = await admitAttempt(server, attempt);
  if (seconds > 0) return { problem: "wait", seconds };
  const user = await server.users.findByUsername(username);
  const expected = user?.password;
  const decoy = server.users.decoyHash(attempt.account) ?? DUMMY_HASH;
  let right: boolean;
  try {
    right = await server.hashing(() => verify(expected, decoy, password));
  } catch (error) {
    if (error instanceof Busy) await takeBackAttempt(server, attempt);
    throw error;
  }
  if (!right || user === undefined || !user.enabled) return { problem: "wrong" };
  await forgiveAttempt(server, attempt);
  return { user };
}

/** Compares with a hash, or with a password that the environment holds in clear; always hashes once. */
async function verify(
  expected: string | undefined,
  decoy: string,
  password: string,
): Promise<boolean> {
  if (expected !== undefined && isPasswordHash(expected)) {
    return await verifyPassword(expected, password);
  }
  await verifyPassword(decoy, password);
  return expected !== undefined &&
    equalInConstantTime(expected.normalize("NFKC"), password.normalize("NFKC"));
}
