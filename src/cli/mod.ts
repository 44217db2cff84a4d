/** Which commands are there, and what becomes of the arguments of the program? */

import { type Command, type Io, UsageError } from "./command.ts";
import { find, type Group, isGroup, overview, unknownWord } from "./group.ts";
import { processIo } from "./io.ts";
import { Interrupted } from "./terminal.ts";

/** The program: every command, and every group of commands. */
const LATCHKEY: Group = {
  summary: "an OpenID Connect and OAuth 2 server",
  commands: {
    "serve": async () => (await import("./serve.ts")).serve,
    "check-config": async () => (await import("./check_config.ts")).checkConfig,
    "schema": async () => (await import("./schema.ts")).schema,
    "keys": async () => (await import("./keys.ts")).keys,
    "data-protection": async () => (await import("./data_protection.ts")).dataProtection,
    "grants": async () => (await import("./grants.ts")).grants,
    "sessions": async () => (await import("./sessions.ts")).sessions,
    "hash-password": async () => (await import("./hash_password.ts")).hashPassword,
    "hash-secret": async () => (await import("./hash_secret.ts")).hashSecret,
    "generate-secret": async () => (await import("./generate_secret.ts")).generateSecret,
    "healthcheck": async () => (await import("./healthcheck.ts")).healthcheck,
    "version": async () => (await import("./version.ts")).version,
  },
};

/** Runs the program. Answers its exit code: 0 success, 1 failure, 2 wrong usage. */
export async function main(args: readonly string[], io: Io = processIo()): Promise<number> {
  const { name, called, args: rest, help } = await find("latchkey", LATCHKEY, wordsOf(args));
  if (!isGroup(called)) {
    if (!help) return await run(name, called, rest, io);
    io.print(called.help(name));
    return 0;
  }
  const [word] = rest;
  if (word !== undefined) {
    io.complain(`${name}: ${unknownWord(word, called)}`);
    io.complain(`${name} help names them all`);
    return 2;
  }
  // A group alone does nothing: somebody forgot what it should do.
  const say = help ? io.print : io.complain;
  say(await overview(name, called));
  return help ? 0 : 2;
}

function wordsOf(args: readonly string[]): readonly string[] {
  // `deno task latchkey -- version` hands the dashes on.
  const [first, ...rest] = args[0] === "--" ? args.slice(1) : args;
  if (first === undefined) return ["help"];
  return [first === "--version" ? "version" : first, ...rest];
}

async function run(
  name: string,
  command: Command,
  args: readonly string[],
  io: Io,
): Promise<number> {
  try {
    return await command.run(io, args);
  } catch (error) {
    if (error instanceof UsageError) {
      io.complain(`${name}: ${error.message}`);
      io.complain(`${name} --help says more`);
      return 2;
    }
    // 128 + SIGINT, as shells count.
    if (error instanceof Interrupted) return 130;
    throw error;
  }
}
