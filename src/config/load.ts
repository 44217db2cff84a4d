/** How the files that `--config` names become the configuration, or everything that is wrong with them. */

import { join } from "node:path";
import { type Bytes, fromUtf8 } from "../lib/bytes.ts";
import { decode } from "./decode.ts";
import { parseYaml } from "./document.ts";
import { merge, type Source } from "./merge.ts";
import { override, type Variable } from "./override.ts";
import { ConfigError, formatPlace, type Path, type Problem } from "./problem.ts";
import { resolveReferences, type Unreadable } from "./resolve.ts";
import type { Config } from "./schema.ts";
import { validate } from "./validate.ts";

const MOST_FILES = 1000;
const MOST_BYTES = 1024 * 1024;

/** A configuration that can be used. */
export interface Loaded {
  /** Complete and checked. */
  readonly config: Config;
  /** What is dubious, but allowed. */
  readonly warnings: readonly Problem[];
  /** Where a member stands, for what is found out later. */
  readonly locate: (path: Path) => Omit<Problem, "message">;
}

/**
 * Loads a YAML file, or the `*.yaml` and `*.yml` files of a folder in name order.
 * `variable` gives environment variables: overrides, and those that `{env: NAME}` names.
 * Throws a `ConfigError` that holds everything that is wrong.
 */
export async function loadConfig(path: string, variable: Variable): Promise<Loaded> {
  const problems: Problem[] = [];
  const [first, ...others] = await readSources(path, problems);
  if (first === undefined) throw new ConfigError(problems);

  const merged = override(merge([first, ...others], problems.length > 0), variable);
  const { decoded, incomplete, original, ...decoding } = decode(merged);
  problems.push(...merged.problems, ...decoding.problems);
  if (decoded === undefined) throw new ConfigError(problems);

  const place = (path: Path) => merged.locate(original(path));
  const config = await resolveReferences({
    variable,
    readFile,
    namingFile: (path) => place(path).file,
    report: (path, message) => problems.push({ ...place(path), message }),
  }, decoded);

  const warnings: Problem[] = [];
  for (const finding of validate(config, incomplete)) {
    const { path, message, earlier, warning } = finding;
    const there = earlier ? `; ${formatPlace(place(earlier))} has it already` : "";
    (warning ? warnings : problems).push({ ...place(path), message: message + there });
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return { config, warnings, locate: place };
}

async function readSources(path: string, problems: Problem[]): Promise<Source[]> {
  const report = (file: string, message: string, position = { line: 0, column: 0 }) => {
    problems.push({ file, ...position, path: "", message });
  };
  const files = await filesAt(path);
  if (!Array.isArray(files)) {
    report(path, files.message);
    return [];
  }
  const sources: Source[] = [];
  for (const file of files) {
    const text = await readText(file);
    if (typeof text !== "string") {
      report(file, text.message);
      continue;
    }
    const document = parseYaml(text);
    if ("value" in document) sources.push({ file, document });
    else for (const { message, ...position } of document) report(file, message, position);
  }
  return sources;
}

async function filesAt(path: string): Promise<string[] | Unreadable> {
  try {
    if (!(await Deno.stat(path)).isDirectory) return [path];
    const names: string[] = [];
    for await (const { name, isDirectory } of Deno.readDir(path)) {
      // What begins with a dot is an editor's, or the older version of a mounted folder.
      if (!isDirectory && /^[^.].*\.ya?ml$/.test(name)) names.push(name);
    }
    if (names.length === 0) return { message: "no *.yaml or *.yml file in this folder" };
    if (names.length > MOST_FILES) {
      return { message: `more than ${MOST_FILES} files in this folder` };
    }
    return names.sort().map((name) => join(path, name));
  } catch (error) {
    return unreadable(error);
  }
}

async function readText(path: string): Promise<string | Unreadable> {
  const bytes = await readFile(path, MOST_BYTES);
  if (!(bytes instanceof Uint8Array)) return bytes;
  if (bytes.includes(0)) return { message: "not a text: it holds NUL bytes" };
  try {
    return fromUtf8(bytes);
  } catch {
    return { message: "not a text in UTF-8" };
  }
}

async function readFile(path: string, mostBytes: number): Promise<Bytes | Unreadable> {
  try {
    using file = await Deno.open(path);
    const bytes = new Uint8Array(mostBytes + 1);
    let length = 0;
    while (length <= mostBytes) {
      const read = await file.read(bytes.subarray(length));
      if (read === null) return bytes.slice(0, length);
      length += read;
    }
    return { message: `larger than ${mostBytes / 1024} KiB` };
  } catch (error) {
    return unreadable(error);
  }
}

function unreadable(error: unknown): Unreadable {
  if (error instanceof Deno.errors.NotFound) {
    return { message: "no such file or folder", missing: true };
  }
  const denied = error instanceof Deno.errors.PermissionDenied ||
    error instanceof Deno.errors.NotCapable;
  if (denied) return { message: "permission denied" };
  return { message: error instanceof Deno.errors.IsADirectory ? "a folder" : "not readable" };
}
