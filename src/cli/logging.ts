/** How events are written down: a JSON object a line for programs, or a line of text for people. */

import { configureSync, getLogger, type LogRecord } from "@logtape/logtape";
import type { Log } from "../lib/env.ts";

/** What `--log-format` takes. */
export const LOG_FORMATS = ["json", "text"] as const;
export type LogFormat = typeof LOG_FORMATS[number];

/** The process's log, on stderr. */
export function openLog(format: LogFormat): Log {
  const write = format === "json" ? jsonLine : textLine;
  configureSync({
    reset: true,
    sinks: { stderr: (record) => console.error(write(record)) },
    loggers: [
      { category: "latchkey", lowestLevel: "info", sinks: ["stderr"] },
      { category: ["logtape", "meta"], lowestLevel: "error", sinks: ["stderr"] },
    ],
  });
  return getLogger("latchkey");
}

const LEVELS = {
  trace: "debug",
  debug: "debug",
  info: "info",
  warning: "warn",
  error: "error",
  fatal: "error",
} as const;

/** Members of an event never replace the three that every line has. */
function jsonLine(record: LogRecord): string {
  const { timestamp, level, properties } = record;
  const time = new Date(timestamp).toISOString();
  return JSON.stringify({ ...properties, time, level: LEVELS[level], message: messageOf(record) });
}

function textLine(record: LogRecord): string {
  const { timestamp, level, properties } = record;
  const time = new Date(timestamp).toISOString().slice(11, 19);
  // The reference that a page has given comes last: it is looked for, not read.
  const { trace_id, ...rest } = properties;
  const members = Object.entries({ ...rest, trace_id })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) =>
      ` ${name}=${typeof value === "string" ? value : JSON.stringify(value)}`
    );
  // A line stays a line, whatever a client sends.
  return `${time} ${LEVELS[level]} ${messageOf(record)}${members.join("")}`
    .replaceAll(/[\p{Cc}\u2028\u2029]/gu, (character) => JSON.stringify(character).slice(1, -1));
}

function messageOf(record: LogRecord): string {
  return record.message.map(String).join("");
}
