/** Whether a user's password can be verified. */

import { isPassword, isPasswordHash, LONGEST_PASSWORD } from "../lib/password_hash.ts";
import type { Finding } from "./finding.ts";
import type { UserConfig } from "./schema.ts";

/** What is wrong with the password of the user at an index of `users`. */
export function passwordFindings({ password }: UserConfig, index: number): Finding[] {
  // An empty one could not be read, which is known.
  if (password === undefined || password === "") return [];
  const path = ["users", index, "password"];
  if (password.startsWith("$argon2")) {
    const message = "expected an Argon2id hash as `latchkey hash-password` prints it";
    return isPasswordHash(password) ? [] : [{ path, message }];
  }
  const message = `expected a password of at most ${LONGEST_PASSWORD} bytes`;
  return isPassword(password) ? [] : [{ path, message }];
}
