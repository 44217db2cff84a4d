/** What stands in for the world in tests: a clock that tests set, a log that they read, and no network unless they give one. */

import { type Env, type Log, systemEnv } from "../../src/lib/env.ts";

/** A line of the log. */
export interface LogEvent {
  readonly level: keyof Log;
  readonly message: string;
  readonly members: Record<string, unknown>;
}

/** An `Env` for tests: randomness and sleep are real, everything else is the test's. */
export interface TestEnv extends Env {
  /** Moves the clock by some seconds, backwards too. */
  advance(seconds: number): void;
  /** All that was logged, in order. */
  readonly events: LogEvent[];
  /** The length of every sleep that was asked for, in milliseconds. */
  readonly sleeps: number[];
}

/** 2026-01-01T00:00:00Z, where the clock of a test stands when none is given. */
export const START = 1_767_225_600;

/** A clock that stands at `start` (NumericDate) until it is advanced; requests go to `fetch` or fail. */
export function testEnv(start: number = START, fetch: typeof globalThis.fetch = refuse): TestEnv {
  let now = start;
  const events: LogEvent[] = [];
  const sleeps: number[] = [];
  const write = (level: keyof Log) => (message: string, members: Record<string, unknown> = {}) => {
    events.push({ level, message, members });
  };
  const log: Log = {
    debug: write("debug"),
    info: write("info"),
    warn: write("warn"),
    error: write("error"),
  };
  const real = systemEnv(log);
  return {
    ...real,
    now: () => now,
    sleep(milliseconds, signal) {
      sleeps.push(milliseconds);
      return real.sleep(milliseconds, signal);
    },
    fetch,
    // Names that end with "invalid" have no address (RFC 6761 §6.4); all others are somewhere outside.
    resolve: (hostname) => Promise.resolve(hostname.endsWith("invalid") ? [] : ["93.184.215.14"]),
    advance(seconds) {
      now += seconds;
    },
    events,
    sleeps,
  };
}

function refuse(input: URL | RequestInfo): Promise<Response> {
  return Promise.reject(new TypeError(`no request was expected: ${String(input)}`));
}
