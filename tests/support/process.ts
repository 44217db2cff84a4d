/** `latchkey serve` as a process of its own, with no more permissions than the task `start` gives it. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { RAW_CONFIG, type RawConfig } from "./config.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** A process that runs, or has run. */
export interface ServerProcess extends AsyncDisposable {
  /** Resolves with the first line on stdout, rejects where the process ends without one. */
  readonly ready: Promise<string>;
  /** All of stdout so far. */
  stdout(): string;
  /** The lines on stderr so far. */
  stderr(): readonly string[];
  /** Resolves with the first line on stderr that contains this text, already there or yet to come. */
  logged(text: string): Promise<string>;
  signal(signal: Deno.Signal): void;
  /** How it ended, once both streams are read to their end. */
  readonly ended: Promise<Deno.CommandStatus>;
}

/** What a process is given. */
export interface ServerOptions {
  readonly variables?: Readonly<Record<string, string>>;
  /** What stands behind `serve`. */
  readonly args?: readonly string[];
  /** The most files that may be open. */
  readonly files?: number;
}

/** Starts a server that may write to `folder` alone. Disposing kills it. */
export function startServer(folder: string, options: ServerOptions = {}): ServerProcess {
  const { variables = {}, args = [], files } = options;
  const permissions = [
    "--allow-net",
    "--allow-read",
    `--allow-write=${folder}`,
    "--allow-env",
    "--allow-sys=uid",
  ];
  const command = [Deno.execPath(), "run", ...permissions, "main.ts", "serve", ...args];
  const [program = "", ...rest] = files === undefined
    ? command
    : ["/bin/sh", "-c", `ulimit -n ${files}; exec "$@"`, "sh", ...command];
  const child = new Deno.Command(program, {
    args: rest,
    cwd: ROOT,
    env: { NO_COLOR: "1", ...variables },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const out = follow(child.stdout);
  const err = follow(child.stderr);
  const ended = Promise.all([child.status, out.done, err.done]).then(([status]) => status);
  const ready = out.line("");
  ready.catch(() => {});
  return {
    ready,
    stdout: () => out.lines.map((line) => `${line}\n`).join(""),
    stderr: () => err.lines,
    logged: err.line,
    signal: (signal) => child.kill(signal),
    ended,
    async [Symbol.asyncDispose]() {
      try {
        child.kill("SIGKILL");
      } catch { /* it has ended */ }
      await ended;
    },
  };
}

interface Followed {
  readonly lines: string[];
  line(text: string): Promise<string>;
  readonly done: Promise<void>;
}

/** Reads a stream line by line. */
function follow(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Followed {
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  let over = false;
  const read = async () => {
    let rest = "";
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      const parts = (rest + text).split("\n");
      rest = parts.pop() ?? "";
      lines.push(...parts);
      for (const look of waiting) look();
    }
    if (rest !== "") lines.push(rest);
    over = true;
    for (const look of waiting) look();
  };
  return {
    lines,
    done: read(),
    line: (text) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = lines.find((line) => line.includes(text));
          if (found === undefined && !over) return;
          waiting.delete(look);
          if (found !== undefined) resolve(found);
          else reject(new Error(`no line with "${text}" among:\n${lines.join("\n")}`));
        };
        waiting.add(look);
        look();
      }),
  };
}

/** A port of 127.0.0.1 that nobody listens on. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** Whether somebody listens on a port of 127.0.0.1. */
export async function listens(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return true;
  } catch (error) {
    assert.ok(
      error instanceof Deno.errors.ConnectionRefused ||
        error instanceof Deno.errors.ConnectionReset,
    );
    return false;
  }
}

/** A folder that is gone afterwards. */
export async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await Deno.makeTempDir();
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

/** Writes a configuration into a folder: `RAW_CONFIG` at this port with these members; where those say nothing of keys, all is signed by ES256, and no RSA key is made, which takes long. JSON is YAML. */
export async function configure(
  folder: string,
  port: number,
  members: RawConfig = {},
): Promise<{ config: string; issuer: string }> {
  const config = join(folder, "latchkey.yaml");
  const issuer = `http://127.0.0.1:${port}`;
  const raw: RawConfig = {
    ...RAW_CONFIG,
    issuer,
    listen: { port },
    store: { url: join(folder, "latchkey.kv") },
    ...members,
  };
  const written = "keys" in members ? raw : withES256(raw);
  await Deno.writeTextFile(config, JSON.stringify(written, undefined, 2));
  return { config, issuer };
}

function withES256(raw: RawConfig): RawConfig {
  const tokens = raw["tokens"] as RawConfig | undefined;
  return {
    ...raw,
    keys: { managed: { algorithms: ["ES256", "EdDSA"] } },
    tokens: { access_token_signed_response_alg: "ES256", ...tokens },
    clients: (raw["clients"] as RawConfig[]).map((client) => ({
      id_token_signed_response_alg: "ES256",
      ...client,
    })),
  };
}

/** Asks again and again until the answer is yes. Throws after ten seconds. */
export async function until(question: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!await question()) {
    assert.ok(performance.now() < deadline, `not within ten seconds: ${question}`);
    // Whoever asks without a pause keeps a processor from what it waits for.
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
