/** What a command of the program is, and how its arguments are read. */

import { parseArgs } from "node:util";
import type { Env } from "../lib/env.ts";
import { didYouMean } from "../config/suggest.ts";
import { table } from "./table.ts";

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
  /** Its log takes what an operator's order has changed, beside what the command prints. */
  readonly env: Pick<Env, "now" | "random" | "sleep" | "fetch" | "log" | "metrics">;
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

/** An argument of a command that is no option. */
export interface Argument {
  /** What it is, for the help. */
  readonly summary: string;
  /** Whether it may be absent. Behind an optional argument there is no required one. */
  readonly optional?: boolean;
  /** What it looks like where it may begin with a dash, and is no option for that. */
  readonly looks?: RegExp;
}

/** The arguments of a command by name, in their order. In the help and in messages `client_id` is `CLIENT_ID`. */
export type Arguments = Readonly<Record<string, Argument>>;

/** What was given: texts that are not empty, `undefined` where an optional one is absent. */
export type Given<A extends Arguments> = {
  readonly [K in keyof A]: A[K] extends { readonly optional: true } ? string | undefined : string;
};

/** A command as its file writes it down. */
export interface Definition<O extends Options, A extends Arguments> {
  /** What it does, in a line without a full stop. */
  readonly summary: string;
  /** What else one should know, whole sentences. */
  readonly details?: string;
  readonly options: O;
  /** Absent: it takes none. */
  readonly arguments?: A;
  /** Why an argument that is no option is refused, and what to do instead. Nothing that was given is quoted then. */
  readonly refusesArguments?: string;
  /** Does it. Answers the exit code: 0, or 1 for a failure that it has complained about. Throws `UsageError` for 2. */
  run(io: Io, values: Values<O>, given: Given<A>): number | Promise<number>;
}

/** A command as the table calls it. */
export interface Command {
  readonly summary: string;
  /** What `NAME --help` prints; `name` is all that calls it, such as `latchkey grants list`. */
  help(name: string): string;
  /** Runs it with what stands behind its name. Answers the exit code; throws `UsageError` for arguments it doesn't take. */
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
export function command<
  const O extends Options,
  const A extends Arguments = Readonly<Record<never, Argument>>,
>(definition: Definition<O, A>): Command {
  return {
    summary: definition.summary,
    help: (name) => help(name, definition),
    run: async (io, args) => {
      const { values, given } = parse(args, definition);
      return await definition.run(io, values as Values<O>, given as Given<A>);
    },
  };
}

type Described = Pick<
  Definition<Options, Arguments>,
  "summary" | "details" | "options" | "arguments" | "refusesArguments"
>;

function parse(args: readonly string[], described: Described): {
  values: Readonly<Record<string, string | boolean | undefined>>;
  given: Readonly<Record<string, string | undefined>>;
} {
  const { options, refusesArguments } = described;
  const values: Record<string, string | boolean | undefined> = {};
  for (const [name, { type }] of Object.entries(options)) {
    values[name] = type === "boolean" ? false : undefined;
  }
  const positionals: string[] = [];
  // Not strict: its own messages would quote what was given, and a password may look like an option.
  const { tokens } = parseArgs({
    args: behindDashes(args, described),
    options,
    strict: false,
    tokens: true,
  });
  for (const token of tokens) {
    if (token.kind === "option-terminator") continue;
    if (token.kind === "positional") {
      positionals.push(token.value);
      continue;
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
  return { values, given: named(positionals, described) };
}

/** Words that look like an argument, though they begin with a dash, come behind `--`. */
function behindDashes(words: readonly string[], { arguments: known = {} }: Described): string[] {
  const looks = Object.values(known).flatMap(({ looks }) => looks ?? []);
  const end = words.indexOf("--");
  const [before, after] = end === -1 ? [words, []] : [words.slice(0, end), words.slice(end + 1)];
  const isArgument = (word: string) => word.startsWith("-") && looks.some((one) => one.test(word));
  return [
    ...before.filter((word) => !isArgument(word)),
    "--",
    ...before.filter(isArgument),
    ...after,
  ];
}

/** The arguments by their names. Throws a `UsageError` for one that is missing, empty or one too many. */
function named(
  positionals: readonly string[],
  { arguments: known = {}, refusesArguments }: Described,
) {
  const names = Object.keys(known);
  const surplus = positionals[names.length];
  if (surplus !== undefined) {
    const besides = names.length > 0 ? ` besides ${names.map(shown).join(" ")}` : "";
    throw new UsageError(
      refusesArguments ?? `takes no argument ${JSON.stringify(surplus)}${besides}`,
    );
  }
  const given: Record<string, string | undefined> = {};
  for (const [index, [name, { optional = false, summary }]] of Object.entries(known).entries()) {
    const value = positionals[index];
    if (value === undefined && !optional) {
      throw new UsageError(`argument ${shown(name)} is missing: ${summary}`);
    }
    // An empty variable of a script is not the same as no argument.
    if (value === "") throw new UsageError(`argument ${shown(name)} is empty: ${summary}`);
    given[name] = value;
  }
  return given;
}

function shown(argument: string): string {
  return argument.toUpperCase();
}

function help(name: string, { summary, details, options, arguments: known = {} }: Described) {
  const positionals = Object.entries(known).map(([argument, { optional, summary }]) => ({
    usage: optional ? `[${shown(argument)}]` : shown(argument),
    row: [shown(argument), summary],
  }));
  const switches = Object.entries({ ...options, help: HELP_OPTION }).map((
    [option, { value, summary }],
  ) => {
    const usage = `--${option}${value === undefined ? "" : ` ${value}`}`;
    return { usage: `[${usage}]`, row: [usage, summary] };
  });
  return [
    `${name}: ${summary}.`,
    ...details === undefined ? [] : ["", details],
    "",
    `Usage: ${[name, ...[...switches, ...positionals].map(({ usage }) => usage)].join(" ")}`,
    "",
    table([...positionals, ...switches].map(({ row }) => row)),
  ].join("\n");
}

const HELP_OPTION: Option = { type: "boolean", summary: "print this" };
