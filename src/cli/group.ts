/** Which command does a line of words call, in the program or in a group of its commands? */

import { didYouMean } from "../config/suggest.ts";
import type { Command } from "./command.ts";
import { table } from "./table.ts";

/** Commands that belong together; each is called by the name of the group and its own. */
export interface Group {
  /** What they are for, in a line without a full stop. */
  readonly summary: string;
  /** The commands by name. The file of each is loaded when it is called, so that none pays for another. */
  readonly commands: Readonly<Record<string, () => Promise<Command | Group>>>;
}

/** How far the words of a line lead. */
export interface Call {
  /** All that was named, such as `latchkey grants list`. */
  readonly name: string;
  /** A group where nothing behind it names a command. */
  readonly called: Command | Group;
  /** What stands behind the name; behind a group, a word that it doesn't know, or nothing. */
  readonly args: readonly string[];
  /** Whether it is to explain itself instead of being run. */
  readonly help: boolean;
}

/** What `words` call in the group that `name` has led to. */
export async function find(name: string, group: Group, words: readonly string[]): Promise<Call> {
  const [first, ...rest] = words;
  // `latchkey help grants show`, and `latchkey grants help show`
  if (first === "help") return { ...await find(name, group, rest), help: true };
  if (first === undefined || isHelp(first)) {
    return { name, called: group, args: [], help: first !== undefined };
  }
  const load = Object.hasOwn(group.commands, first) ? group.commands[first] : undefined;
  if (load === undefined) return { name, called: group, args: words, help: false };
  const called = await load();
  const path = `${name} ${first}`;
  return isGroup(called)
    ? await find(path, called, rest)
    : { name: path, called, args: rest, help: asksForHelp(rest) };
}

/** Whether words lead to it that name no command yet. */
export function isGroup(called: Command | Group): called is Group {
  return "commands" in called;
}

/** What `NAME --help` prints of a group: every command with its summary. */
export async function overview(name: string, { summary, commands }: Group): Promise<string> {
  const rows = await Promise.all(
    Object.entries(commands).map(async ([name, load]) => [name, (await load()).summary]),
  );
  return [
    `${name}: ${summary}.`,
    "",
    `Usage: ${name} COMMAND [OPTIONS]`,
    "",
    table([...rows, ["help", "prints this, or with the name of a command its options"]]),
  ].join("\n");
}

/** Why a group has nothing to call for a word. */
export function unknownWord(word: string, { commands }: Group): string {
  const what = word.startsWith("-") ? "option" : "command";
  const hint = didYouMean(word, [...Object.keys(commands), "help"]);
  return `unknown ${what} ${JSON.stringify(word)}${hint}`;
}

function isHelp(word: string): boolean {
  return word === "--help" || word === "-h";
}

/** Whether `--help` stands before a `--`. */
function asksForHelp(words: readonly string[]): boolean {
  const end = words.indexOf("--");
  return (end === -1 ? words : words.slice(0, end)).some(isHelp);
}
