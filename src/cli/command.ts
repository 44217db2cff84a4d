/** What a command of the program is, and how its arguments are read. */

import { parseArgs } from "node:util";
import type { Env } from "../lib/env.ts";
import { didYouMean } from "../config/suggest.ts";

/** What a command asks of the world. Tests give another. */
export interface Io {
  /** Prints a line to stdout: results. */
  readonly print: (text: string) => void;
  /** Prints a line to stderr: problems. */
  readonly complain: (text: string) => void;
  /** Whether somebody sits in front of stdin. */
  readonly interactive: boolean;
  /**
   * A secret: one line from the terminal, typed without echo behind `prompt`; or where stdin is no terminal,
   * all of it without its last line end. Throws a `UsageError` where there is none.
   */
  readonly readSecret: (prompt: string) => Promise<string>;
  /** An environment variable; `undefined` where it isn't set. */
  readonly variable: (name: string) => string | undefined;
  readonly env: Pick<Env, "random" | "fetch">;
}

/** An option of a command, `--name` or `--name VALUE`. */
export interface Option {
  readonly type: "boolean" | "string";
  /** What it does, for the help. */
  readonly summary: string;
  /** What stands for its value in the help, such as `DIR|FILE`. */
  readonly value?: string;
}

/** The options of a command by name, without the dashes. */
export type Options = Readonly<Record<string, Option>>;

/** What was given: flags are `false` where absent, texts `undefined`. */
export type Values<O extends Options> = {
  readonly [K in keyof O]: O[K]["type"] extends "boolean" ? boolean : string | undefined;
};

/** A command as its file writes it down. */
export interface Definition<O extends Options> {
  /** What it does, in a line without a full stop. */
  readonly summary: string;
  /** What else one should know, whole sentences. */
  readonly details?: string;
  readonly options: O;
  /** Why an argument that is no option is refused, and what to do instead. Nothing that was given is quoted then. */
  readonly refusesArguments?: string;
  /** Does it. Answers the exit code: 0, or 1 for a failure that it has complained about. Throws `UsageError` for 2. */
  run(io: Io, values: Values<O>): number | Promise<number>;
}

/** A command as the table calls it. */
export interface Command {
  readonly summary: string;
  /** What `latchkey NAME --help` prints. */
  help(name: string): string;
  /** Runs it with the arguments behind its name. Answers the exit code; throws `UsageError` for arguments it doesn't take. */
  run(io: Io, args: readonly string[]): Promise<number>;
}

/** The command was called wrongly; the message says how. Exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** The option of every command that reads the configuration. */
export const CONFIG_OPTION = {
  type: "string",
  value: "DIR|FILE",
  summary: "the configuration; default $LATCHKEY_CONFIG, ./config, /etc/latchkey",
} as const satisfies Option;

/** The option of every command that prints data. */
export const JSON_OPTION = {
  type: "boolean",
  summary: "print one JSON value",
} as const satisfies Option;

/** Makes a command of its definition. */
export function command<const O extends Options>(definition: Definition<O>): Command {
  return {
    summary: definition.summary,
    help: (name) => help(name, definition),
    run: async (io, args) => await definition.run(io, parse(args, definition)),
  };
}

function parse<O extends Options>(args: readonly string[], definition: Definition<O>): Values<O> {
  const { options, refusesArguments } = definition;
  const values: Record<string, string | boolean | undefined> = {};
  for (const [name, { type }] of Object.entries(options)) {
    values[name] = type === "boolean" ? false : undefined;
  }
  // Not strict: its own messages would quote what was given, and a password may look like an option.
  const { tokens } = parseArgs({ args: [...args], options, strict: false, tokens: true });
  for (const token of tokens) {
    if (token.kind === "option-terminator") continue;
    if (token.kind === "positional") {
      throw new UsageError(refusesArguments ?? `takes no argument ${JSON.stringify(token.value)}`);
    }
    const { name, value } = token;
    const option = Object.hasOwn(options, name) ? options[name] : undefined;
    if (option === undefined) {
      const known = [...Object.keys(options), "help"].map((name) => `--${name}`);
      const hint = didYouMean(token.rawName, known);
      throw new UsageError(
        refusesArguments === undefined
          ? `unknown option ${token.rawName}${hint}`
          : `unknown option${hint || `; ${refusesArguments}`}`,
      );
    }
    if (option.type === "boolean" && value !== undefined) {
      throw new UsageError(`option --${name} takes no value`);
    }
    // `--config --json` forgot the value; `--config=--json` says that it is meant.
    if (option.type === "string" && (!value || (!token.inlineValue && value.startsWith("-")))) {
      throw new UsageError(`option --${name} needs a value: --${name} ${option.value ?? "VALUE"}`);
    }
    if (values[name]) throw new UsageError(`option --${name} is given twice`);
    values[name] = value ?? true;
  }
  return values as Values<O>;
}

function help(name: string, { summary, details, options }: Definition<Options>): string {
  const rows = Object.entries({ ...options, help: HELP_OPTION }).map((
    [option, { value, summary }],
  ) => [`--${option}${value === undefined ? "" : ` ${value}`}`, summary] as const);
  return [
    `latchkey ${name}: ${summary}.`,
    ...details === undefined ? [] : ["", details],
    "",
    `Usage: latchkey ${name}${rows.map(([option]) => ` [${option}]`).join("")}`,
    "",
    table(rows),
  ].join("\n");
}

const HELP_OPTION: Option = { type: "boolean", summary: "print this" };

/** Rows of two columns, the second aligned. */
export function table(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join("\n");
}
