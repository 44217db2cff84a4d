/** `latchkey generate-secret`: what is a good secret? */

import { base64url, sha256Hex } from "../lib/bytes.ts";
import { type Command, command, JSON_OPTION } from "./command.ts";

/** Prints 32 random bytes in base64url. */
export const generateSecret: Command = command({
  summary: "prints a new random secret of 256 bits",
  details: "With --json its SHA-256 stands beside it, which is what client_secrets[].sha256 takes.",
  options: { json: JSON_OPTION },
  run(io, { json }) {
    const secret = base64url(io.env.random(32));
    io.print(json ? JSON.stringify({ secret, sha256: sha256Hex(secret) }) : secret);
    return 0;
  },
});
