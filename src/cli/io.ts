/** What the world of a command is when it runs for real. */

import { type Log, systemEnv } from "../lib/env.ts";
import type { Io } from "./command.ts";
import { openLog } from "./logging.ts";
import { type Read, readPiped, readTyped } from "./terminal.ts";

/** The process: its stdin, stdout, stderr and variables. */
export function processIo(): Io {
  const interactive = Deno.stdin.isTerminal();
  const readLine = readTyped(readStdin);
  return {
    print: (text) => console.log(text),
    complain: (text) => console.error(text),
    interactive,
    async readSecret(prompt) {
      if (!interactive) return await readPiped(readStdin);
      // The prompt goes to stderr: stdout is for the result.
      Deno.stderr.writeSync(new TextEncoder().encode(prompt));
      Deno.stdin.setRaw(true);
      try {
        return await readLine();
      } finally {
        Deno.stdin.setRaw(false);
        console.error();
      }
    },
    variable: (name) => Deno.env.get(name),
    env: systemEnv(audit()),
  };
}

/** What a command's orders have changed, on stderr as the server logs it: JSON, or words where somebody reads along. */
function audit(): Log {
  let opened: Log | undefined;
  const log = () => opened ??= openLog(Deno.stderr.isTerminal() ? "text" : "json");
  return {
    debug: (message, members) => log().debug(message, members),
    info: (message, members) => log().info(message, members),
    warn: (message, members) => log().warn(message, members),
    error: (message, members) => log().error(message, members),
  };
}

const readStdin: Read = async () => {
  const buffer = new Uint8Array(4096);
  const length = await Deno.stdin.read(buffer);
  return length === null ? undefined : buffer.subarray(0, length);
};
