/** What is wrong with a configuration, where, and how that is written down. */

/** The way from the top of the configuration to a value: member names and list indexes. */
export type Path = readonly (string | number)[];

/** Where something stands. */
export interface Place {
  /** The file, or the environment variable that overrides it. */
  readonly file: string;
  /** From 1; 0 where the problem is the file, or is in no file. */
  readonly line: number;
  /** From 1; 0 where `line` is 0. */
  readonly column: number;
}

/** One thing that is wrong, or for a warning dubious. It never quotes a secret. */
export interface Problem extends Place {
  /** The path within the file, such as `clients[0].redirect_uris[1]`; empty for the file itself. */
  readonly path: string;
  /** What is wrong, without a full stop. */
  readonly message: string;
}

/** A configuration that can't be used, with everything that is wrong with it. */
export class ConfigError extends Error {
  /** What tells it from other errors. */
  override readonly name = "ConfigError";

  /** File by file, from top to bottom. */
  readonly problems: readonly Problem[];

  /** `problems` are at least one. */
  constructor(problems: readonly Problem[]) {
    const sorted = problems.toSorted(byPlace);
    super(sorted.map(formatProblem).join("\n"));
    this.problems = sorted;
  }
}

function byPlace(left: Place, right: Place): number {
  return left.file === right.file
    ? left.line - right.line || left.column - right.column
    : left.file < right.file
    ? -1
    : 1;
}

/** `file:line:column: path: message`, without the parts that there are none of. */
export function formatProblem(problem: Problem): string {
  return [formatPlace(problem), ...problem.path === "" ? [] : [problem.path], problem.message]
    .join(": ");
}

/** `file:line:column`, or the file alone. */
export function formatPlace({ file, line, column }: Place): string {
  return line === 0 ? file : `${file}:${line}:${column}`;
}

/** A path as `clients[0].claims["a b"]`. */
export function formatPath(path: Path): string {
  return path.map((step, index) => {
    if (typeof step === "number") return `[${step}]`;
    if (!/^[\w$-]{1,64}$/.test(step)) return `[${JSON.stringify(shortened(step))}]`;
    return index === 0 ? step : `.${step}`;
  }).join("");
}

function shortened(name: string): string {
  return name.length > 64 ? `${name.slice(0, 63)}…` : name;
}
