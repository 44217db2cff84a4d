/** Makes one executable of the program: `deno task compile [--target TARGET] [--output FILE]`. */

import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

const TARGETS = [
  "x86_64-unknown-linux-gnu",
  "aarch64-unknown-linux-gnu",
  "x86_64-apple-darwin",
  "aarch64-apple-darwin",
  "x86_64-pc-windows-msvc",
  "aarch64-pc-windows-msvc",
];

/** All that the server needs: no processes, no foreign code, and nobody to be asked for more. */
const PERMISSIONS = [
  "--allow-net",
  "--allow-read",
  "--allow-write",
  "--allow-env",
  "--allow-sys=uid",
  "--no-prompt",
];

Deno.exitCode = await compile(Deno.args);

async function compile(args: string[]): Promise<number> {
  const given = args[0] === "--" ? args.slice(1) : args;
  const { values } = parseArgs({
    args: given,
    options: { target: { type: "string" }, output: { type: "string" } },
  });
  const { target = Deno.build.target } = values;
  if (!TARGETS.includes(target)) {
    console.error(`compile: no target ${target}; there are ${TARGETS.join(", ")}`);
    return 2;
  }
  const name = target.includes("windows") ? "latchkey.exe" : "latchkey";
  const output = values.output ?? join(ROOT, "dist", name);
  await Deno.mkdir(dirname(output), { recursive: true });
  // Deno says why it failed; it is shown as it comes, and read for the one failure that we can explain.
  const deno = new Deno.Command(Deno.execPath(), {
    args: ["compile", ...PERMISSIONS, "--target", target, "--output", output, "main.ts"],
    cwd: ROOT,
    // What is set here would be built into the executable.
    env: { OTEL_DENO: "false", NO_COLOR: "1" },
    stdout: "inherit",
    stderr: "piped",
  }).spawn();
  const [shown, read] = deno.stderr.tee();
  const [text, { success, code }] = await Promise.all([
    new Response(read).text(),
    deno.status,
    shown.pipeTo(Deno.stderr.writable, { preventClose: true }),
  ]);
  if (success) {
    console.log(output);
    return 0;
  }
  if (/denort|dl\.deno\.land/.test(text)) {
    console.error(
      [
        `compile: the Deno runtime for executables (denort, Deno ${Deno.version.deno}, ${target}) can't be had.`,
        `Deno loads https://dl.deno.land/release/v${Deno.version.deno}/denort-${target}.zip; where that can't be reached,`,
        "load it elsewhere, unpack it, and name the file: DENORT_BIN=/path/to/denort deno task compile",
      ].join("\n"),
    );
  }
  return code || 1;
}
