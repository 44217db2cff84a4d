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
  const line = { ...properties, time, level: LEVELS[level], message: messageOf(record) };
  return plain(JSON.stringify(line));
}

function textLine(record: LogRecord): string {
  const { timestamp, level, properties } = record;
  const time = new Date(timestamp).toISOString().slice(11, 19);
  // The reference that a page has given comes last: it is looked for, not read.
  const { trace_id, ...rest } = properties;
  const members = Object.entries({ ...rest, trace_id })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}=${written(value)}`);
  return plain(`${time} ${LEVELS[level]} ${messageOf(record)}${members.join("")}`);
}

/** A line stays a line and does nothing to a terminal, whatever a client sends; in JSON it still says the same. */
function plain(line: string): string {
  return line.replaceAll(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (character) =>
      character.split("").map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
        .join(""),
  );
}

/** A text that could be taken for more than one is quoted. */
function written(value: unknown): string {
  return typeof value === "string" && /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);
}

function messageOf(record: LogRecord): string {
  return record.message.map(String).join("");
}
