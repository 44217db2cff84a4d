/** What the world of a command is when it runs for real. */

import { systemEnv } from "../lib/env.ts";
import type { Io } from "./command.ts";
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
    env: systemEnv(console),
  };
}

const readStdin: Read = async () => {
  const buffer = new Uint8Array(4096);
  const length = await Deno.stdin.read(buffer);
  return length === null ? undefined : buffer.subarray(0, length);
};
