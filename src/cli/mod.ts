/** Which commands are there, and what becomes of the arguments of the program? */

import { didYouMean } from "../config/suggest.ts";
import { type Command, type Io, table, UsageError } from "./command.ts";
import { processIo } from "./io.ts";
import { Interrupted } from "./terminal.ts";

/** The name of a command. */
export type CommandName =
  | "serve"
  | "check-config"
  | "schema"
  | "hash-password"
  | "hash-secret"
  | "generate-secret"
  | "healthcheck"
  | "version";

/** Every command; its file is loaded when it is called, so that none pays for another. */
const COMMANDS: Readonly<Record<CommandName, () => Promise<Command>>> = {
  "serve": async () => (await import("./serve.ts")).serve,
  "check-config": async () => (await import("./check_config.ts")).checkConfig,
  "schema": async () => (await import("./schema.ts")).schema,
  "hash-password": async () => (await import("./hash_password.ts")).hashPassword,
  "hash-secret": async () => (await import("./hash_secret.ts")).hashSecret,
  "generate-secret": async () => (await import("./generate_secret.ts")).generateSecret,
  "healthcheck": async () => (await import("./healthcheck.ts")).healthcheck,
  "version": async () => (await import("./version.ts")).version,
};

/** Runs the program. Answers its exit code: 0 success, 1 failure, 2 wrong usage. */
export async function main(args: readonly string[], io: Io = processIo()): Promise<number> {
  // `deno task latchkey -- version` hands the dashes on.
  const [first, ...rest] = args[0] === "--" ? args.slice(1) : args;
  const name = first === "help" ? rest[0] : first === "--version" ? "version" : first;
  if (name === undefined || isHelp(name)) {
    io.print(await overview());
    return 0;
  }
  if (!isCommand(name)) {
    const known = [...Object.keys(COMMANDS), "help"];
    const what = name.startsWith("-") ? "option" : "command";
    io.complain(`latchkey: unknown ${what} ${JSON.stringify(name)}${didYouMean(name, known)}`);
    io.complain("latchkey help names them all");
    return 2;
  }
  const command = await COMMANDS[name]();
  if (first === "help" || asksForHelp(rest)) {
    io.print(command.help(name));
    return 0;
  }
  return await run(name, command, rest, io);
}

async function run(name: string, command: Command, args: string[], io: Io): Promise<number> {
  try {
    return await command.run(io, args);
  } catch (error) {
    if (error instanceof UsageError) {
      io.complain(`latchkey ${name}: ${error.message}`);
      io.complain(`latchkey ${name} --help says more`);
      return 2;
    }
    // 128 + SIGINT, as shells count.
    if (error instanceof Interrupted) return 130;
    throw error;
  }
}

async function overview(): Promise<string> {
  const rows = await Promise.all(
    Object.entries(COMMANDS).map(async ([name, load]) => [name, (await load()).summary] as const),
  );
  return [
    "latchkey: an OpenID Connect and OAuth 2 server.",
    "",
    "Usage: latchkey COMMAND [OPTIONS]",
    "",
    table([...rows, ["help", "prints this, or with the name of a command its options"]]),
  ].join("\n");
}

function isCommand(name: string): name is CommandName {
  return Object.hasOwn(COMMANDS, name);
}

function isHelp(argument: string): boolean {
  return argument === "--help" || argument === "-h";
}

/** Whether `--help` stands before a `--`. */
function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf("--");
  return (end === -1 ? args : args.slice(0, end)).some(isHelp);
}
