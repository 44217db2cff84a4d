/** How tests load configuration texts: from a folder of their own, with what the loader says of them. */

import { dirname, join } from "node:path";
import { loadConfig } from "../../src/config/load.ts";
import { ConfigError, formatProblem } from "../../src/config/problem.ts";
import type { Config } from "../../src/config/schema.ts";

/** Texts or bytes by file name. */
export type Files = Readonly<Record<string, string | Uint8Array>>;
/** Environment variables by name. */
export type Variables = Readonly<Record<string, string>>;

/** What loading came to: problems and warnings are written down, with file names alone. */
export interface Outcome {
  readonly config: Config | undefined;
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

/** Loads a folder of these files, or `name` in it. */
export async function load(files: Files, variables: Variables = {}, name = ""): Promise<Outcome> {
  const folder = await Deno.makeTempDir();
  try {
    for (const [file, text] of Object.entries(files)) {
      await Deno.mkdir(dirname(join(folder, file)), { recursive: true });
      await Deno.writeFile(
        join(folder, file),
        typeof text === "string" ? new TextEncoder().encode(text) : text,
      );
    }
    const local = (text: string) =>
      text.replaceAll(`${folder}/`, "").replaceAll(folder, "the folder");
    try {
      const variable = (name: string) => variables[name]?.replace("{folder}", folder);
      const { config, warnings } = await loadConfig(join(folder, name), variable);
      return { config, problems: [], warnings: warnings.map(formatProblem).map(local) };
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      return {
        config: undefined,
        problems: error.problems.map(formatProblem).map(local),
        warnings: [],
      };
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** What is wrong with one file `c.yaml`. */
export async function problemsOf(
  text: string,
  variables: Variables = {},
): Promise<readonly string[]> {
  return (await load({ "c.yaml": text }, variables)).problems;
}
