/** `latchkey healthcheck`: does the running server answer that it is ready? */

import { loadConfig } from "../config/load.ts";
import { ConfigError } from "../config/problem.ts";
import type { Config } from "../config/schema.ts";
import { PATHS } from "../oauth/metadata.ts";
import { type Command, command, CONFIG_OPTION, type Io, UsageError } from "./command.ts";
import { configPath } from "./config_path.ts";

const TIMEOUT_MS = 3000;

/** Asks the server's `/readyz`. */
export const healthcheck: Command = command({
  summary: "asks the running server whether it is ready",
  details:
    "Exits 0 where /readyz answers 200 within three seconds, else 1. Without --url the configuration says where the server listens.",
  options: {
    config: CONFIG_OPTION,
    url: {
      type: "string",
      value: "URL",
      summary: "what to ask instead, such as http://127.0.0.1:9000",
    },
  },
  async run(io, { config, url }) {
    try {
      const target = url === undefined ? await listening(io, config) : { url: given(url) };
      const status = await ask(io, target);
      if (status === 200) {
        io.print("ok");
        return 0;
      }
      io.complain(`latchkey healthcheck: ${target.url} answers ${status}`);
    } catch (error) {
      if (error instanceof UsageError || !(error instanceof Error)) throw error;
      // fetch says no more than that it failed; why stands in the cause.
      const { message } = error.cause instanceof Error ? error.cause : error;
      io.complain(error instanceof ConfigError ? message : `latchkey healthcheck: ${message}`);
    }
    return 1;
  },
});

/** Whom to ask. */
export interface Target {
  readonly url: string;
  /** The socket that the server listens on, whatever the URL's host resolves to. */
  readonly proxy?: Deno.Proxy;
}

function given(text: string): string {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new UsageError("option --url needs an absolute http or https URL");
  }
  if (url.pathname === "/") url.pathname = PATHS.readyz;
  return url.href;
}

async function listening(io: Io, given: string | undefined): Promise<Target> {
  const { config } = await loadConfig(await configPath(given, io), io.variable);
  return targetOf(config);
}

/** Where a server with this configuration is asked. */
export function targetOf({ issuer, listen }: Pick<Config, "issuer" | "listen">): Target {
  // The certificate is for the issuer's name, so that is the name to ask for, at our own address.
  const origin = listen.tls === undefined
    ? `http://${new URL(issuer).host}`
    : new URL(issuer).origin;
  const url = origin + PATHS.readyz;
  if (listen.unix !== undefined) return { url, proxy: { transport: "unix", path: listen.unix } };
  if (listen.port === 0) {
    throw new UsageError("the server listens on a port that it chooses itself: say which by --url");
  }
  const hostname = EVERY_ADDRESS[listen.hostname] ?? listen.hostname;
  return { url, proxy: { transport: "tcp", hostname, port: listen.port } };
}

const EVERY_ADDRESS: Readonly<Record<string, string>> = { "0.0.0.0": "127.0.0.1", "::": "::1" };

async function ask(io: Pick<Io, "env">, { url, proxy }: Target): Promise<number> {
  using client = Deno.createHttpClient(proxy === undefined ? {} : { proxy });
  const response = await io.env.fetch(url, {
    client,
    redirect: "manual",
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  await response.body?.cancel();
  return response.status;
}
