/** How tests run commands: in this process with an `Io` of their own, or as a process. */

import { fileURLToPath } from "node:url";
import { main } from "../../src/cli/mod.ts";
import { type TestEnv, testEnv } from "./env.ts";

/** What a run left behind. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a run in this process is given: what `readSecret` answers in turn, whether stdin is a terminal, variables, the network, all of an `Env`. */
export interface World {
  readonly secrets?: readonly string[];
  readonly interactive?: boolean;
  readonly variables?: Readonly<Record<string, string>>;
  readonly fetch?: typeof globalThis.fetch;
  readonly env?: TestEnv;
}

/** Runs the program in this process. */
export async function run(args: readonly string[], world: World = {}): Promise<Ran> {
  const stdout: string[] = [];
  const stderr: string[] = [];
  const secrets = [...world.secrets ?? []];
  const code = await main(args, {
    print: (text) => stdout.push(`${text}\n`),
    complain: (text) => stderr.push(`${text}\n`),
    interactive: world.interactive ?? false,
    readSecret(prompt) {
      const secret = secrets.shift();
      if (secret === undefined) throw new Error(`no secret was left at the prompt ${prompt}`);
      return Promise.resolve(secret);
    },
    variable: (name) => world.variables?.[name],
    env: world.env ?? testEnv(undefined, world.fetch),
  });
  return { code, stdout: stdout.join(""), stderr: stderr.join("") };
}

const PROGRAM = fileURLToPath(new URL("../../main.ts", import.meta.url));

/** Runs the program as a process of its own, with `stdin` piped to it. */
export async function runProcess(args: readonly string[], stdin: string = ""): Promise<Ran> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-net", "--allow-read", "--allow-env", PROGRAM, ...args],
    env: { NO_COLOR: "1" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  // A program that doesn't read its stdin may be gone before all is written.
  await writer.write(new TextEncoder().encode(stdin)).then(() => writer.close()).catch(() => {});
  const { code, stdout, stderr } = await child.output();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}
