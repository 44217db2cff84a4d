/** `latchkey hash-password`: what is to stand in the configuration for a password? */

import { hashPassword as hash, isPassword, LONGEST_PASSWORD } from "../lib/password_hash.ts";
import { type Command, command, JSON_OPTION, UsageError } from "./command.ts";

/** Prints the Argon2id hash of a password in PHC form. */
export const hashPassword: Command = command({
  summary: "reads a password and prints its Argon2id hash",
  details:
    "The password is asked for twice on a terminal, or is what comes from stdin without its last line end.\nThe hash is what a user's password.hash takes.",
  options: { json: JSON_OPTION },
  refusesArguments:
    "a password is never an argument, where history and other processes can read it: type it in, or pipe it to stdin",
  async run(io, { json }) {
    const password = await io.readSecret("Password: ");
    if (io.interactive && await io.readSecret("Again: ") !== password) {
      io.complain("latchkey hash-password: the two passwords differ");
      return 1;
    }
    if (!isPassword(password)) {
      throw new UsageError(`the password is longer than ${LONGEST_PASSWORD} bytes`);
    }
    const phc = await hash(io.env, password);
    io.print(json ? JSON.stringify({ hash: phc }) : phc);
    return 0;
  },
});
