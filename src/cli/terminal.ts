/** How a secret is read: from a terminal without echo, or from a pipe. */

import { fromUtf8 } from "../lib/bytes.ts";
import { UsageError } from "./command.ts";

/** The most bytes that a secret may have. */
export const LONGEST_SECRET = 65_536;

/** Ctrl-C was typed at a prompt. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
}

/** A source of bytes: the next ones, at least one; `undefined` at the end. */
export type Read = () => Promise<Uint8Array | undefined>;

/** All that comes from a pipe without its last line end. Throws a `UsageError` where that is nothing, too much, or not UTF-8. */
export async function readPiped(read: Read): Promise<string> {
  const bytes: number[] = [];
  for (let chunk = await read(); chunk !== undefined; chunk = await read()) {
    append(bytes, chunk);
  }
  return secret(text(bytes).replace(/\r?\n$/, ""));
}

/**
 * Reads lines from a terminal in raw mode: backspace, Ctrl-U and Ctrl-D do what they do elsewhere, other controls nothing.
 * Each call answers one line. Throws `Interrupted` at Ctrl-C, a `UsageError` as `readPiped` does.
 */
export function readTyped(read: Read): () => Promise<string> {
  // A paste may hold more than the line that is asked for.
  let pending: Uint8Array = new Uint8Array();
  return async () => {
    const line: number[] = [];
    while (true) {
      for (const [index, byte] of pending.entries()) {
        if (byte === CARRIAGE_RETURN || byte === LINE_FEED || byte === CTRL_D) {
          pending = pending.subarray(index + 1);
          return secret(text(line));
        }
        edit(line, byte);
      }
      const chunk = await read();
      if (chunk === undefined) return secret(text(line));
      pending = chunk;
    }
  };
}

const CTRL_C = 0x03;
const CTRL_D = 0x04;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const CTRL_U = 0x15;
const ERASERS = [0x08, 0x7f];

function edit(line: number[], byte: number): void {
  if (byte === CTRL_C) throw new Interrupted("interrupted");
  if (byte === CTRL_U) {
    line.length = 0;
  } else if (ERASERS.includes(byte)) {
    // A character is its first byte and the continuation bytes behind it (RFC 3629 §3).
    while (((line.at(-1) ?? 0) & 0xc0) === 0x80) line.pop();
    line.pop();
  } else if (byte >= 0x20) {
    append(line, [byte]);
  }
}

function append(bytes: number[], more: Iterable<number>): void {
  for (const byte of more) bytes.push(byte);
  if (bytes.length > LONGEST_SECRET) {
    throw new UsageError(`what was given is longer than ${LONGEST_SECRET} bytes`);
  }
}

function text(bytes: readonly number[]): string {
  try {
    return fromUtf8(Uint8Array.from(bytes));
  } catch {
    throw new UsageError("what was given is not UTF-8");
  }
}

function secret(text: string): string {
  if (text === "") throw new UsageError("nothing was given");
  return text;
}
