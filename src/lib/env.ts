/** What makes one run differ from another: the clock, randomness, the network and the log. Tests fake this and nothing else. */

import { lookup } from "node:dns/promises";
import { type Metrics, NO_METRICS } from "./metrics.ts";

/** Where events go: constant messages, everything variable in `members`. A LogTape logger fits. */
export interface Log {
  debug(message: string, members?: Record<string, unknown>): void;
  info(message: string, members?: Record<string, unknown>): void;
  warn(message: string, members?: Record<string, unknown>): void;
  error(message: string, members?: Record<string, unknown>): void;
}

/** The clock, randomness, timers, outbound requests, log and metrics of a server. */
export interface Env {
  /** The time as a NumericDate: whole seconds since 1970-01-01T00:00:00Z (RFC 7519 §2). */
  readonly now: () => number;
  /** As many bytes from a cryptographically secure source. */
  readonly random: (bytes: number) => Uint8Array<ArrayBuffer>;
  /** Resolves after some milliseconds, or at once when `signal` aborts. */
  readonly sleep: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
  /** Requests to other servers. */
  readonly fetch: typeof globalThis.fetch;
  /** The IP addresses of a host name, as a connection would look them up; empty or a rejection where there are none. */
  readonly resolve: (hostname: string) => Promise<readonly string[]>;
  readonly log: Log;
  /** Where counts and measurements go. */
  readonly metrics: Metrics;
}

/** The real clock, randomness, timers and network. */
export function systemEnv(log: Log, metrics: Metrics = NO_METRICS): Env {
  return {
    now: () => Math.floor(Date.now() / 1000),
    random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
    sleep,
    fetch: globalThis.fetch,
    resolve: async (hostname) =>
      (await lookup(hostname, { all: true })).map(({ address }) => address),
    log,
    metrics,
  };
}

function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal?.addEventListener("abort", done);
  });
}
