/** How many bytes a write takes at most. */

import { type Key, LIMITS, type Write } from "./store.ts";

/** Bytes, at most; `Infinity` for what is too big or too strange to tell. */
export interface Size {
  /** Of the keys. */
  readonly keys: number;
  /** Of keys and values. */
  readonly total: number;
}

/** What some writes take together at most. Cheap: a bound for what V8 serializes, not its length. */
export function sizeOf(writes: readonly Write[]): Size {
  let keys = 0;
  let values = 0;
  for (const { key, value } of writes) {
    keys += keyBytes(key);
    if (value !== undefined) values += valueBytes(value);
  }
  return { keys, total: keys + values };
}

/** A part has a byte before and after it, and a zero within it takes two. */
function keyBytes(key: Key): number {
  let total = 0;
  for (const part of key) {
    if (typeof part === "string") total += 2 + 3 * part.length;
    else if (part instanceof Uint8Array) total += 2 + 2 * part.length;
    else return Infinity;
  }
  return total === 0 || total > LIMITS.key ? Infinity : total;
}

/** The walk ends where a value is too big, and so at cycles too. */
function valueBytes(value: unknown): number {
  const todo = [value];
  let total = 2;
  try {
    while (todo.length > 0 && total <= LIMITS.value) total += ownBytes(todo.pop(), todo);
  } catch {
    // A getter has thrown: who writes this value is to hear of it, not who measures it.
    return Infinity;
  }
  return total > LIMITS.value ? Infinity : total;
}

/** Without what it is made of, which goes to `todo`. */
function ownBytes(value: unknown, todo: unknown[]): number {
  if (value === undefined || value === null || typeof value === "boolean") return 1;
  if (typeof value === "number") return 9;
  if (typeof value === "string") return textBytes(value);
  if (typeof value !== "object") return Infinity;
  if (Array.isArray(value)) {
    if (value.length > LIMITS.value) return Infinity;
    for (const one of value) todo.push(one);
    return 17;
  }
  // What lies behind a view is serialized as a whole.
  if (value instanceof Uint8Array) return 32 + value.buffer.byteLength;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return Infinity;
  let total = 7;
  for (const [key, one] of Object.entries(value)) {
    total += textBytes(key);
    todo.push(one);
  }
  return total;
}

function textBytes(text: string): number {
  return 8 + 2 * text.length;
}
