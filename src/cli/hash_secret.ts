/** `latchkey hash-secret`: what is to stand in the configuration for a client's secret? */

import { sha256Hex, utf8 } from "../lib/bytes.ts";
import { type Command, command, JSON_OPTION } from "./command.ts";

/** RFC 6749 §10.10: a guess must fail with a probability of at least 1 - 2^-128; base64url holds 128 bits in 22 characters. */
const SHORTEST = 22;

/** Prints the SHA-256 of a client secret. */
export const hashSecret: Command = command({
  summary: "reads a client secret and prints its SHA-256",
  details:
    "The secret is typed in on a terminal, or is what comes from stdin without its last line end.\nThe hash is what a client's client_secrets[].sha256 takes; latchkey generate-secret makes good secrets.",
  options: { json: JSON_OPTION },
  refusesArguments:
    "a secret is never an argument, where history and other processes can read it: type it in, or pipe it to stdin",
  async run(io, { json }) {
    const secret = await io.readSecret("Secret: ");
    if (utf8(secret).length < SHORTEST) {
      io.complain(
        `latchkey hash-secret: warning: shorter than ${SHORTEST} bytes: a fast hash protects random secrets alone (latchkey generate-secret)`,
      );
    }
    const sha256 = sha256Hex(secret);
    io.print(json ? JSON.stringify({ sha256 }) : sha256);
    return 0;
  },
});
