/** Where might a secret stand that should not, and how would it be spelled there? */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { base64url, fromBase64url, utf8 } from "../../src/lib/bytes.ts";
import type { Key, Store } from "../../src/store/store.ts";

/** A place where somebody might look, as one text of Latin-1. */
export type Haystack = string;

/** All keys and values, bytes as they are. */
export async function dump(store: Store): Promise<Haystack> {
  const leaves: string[] = [];
  const walk = (value: unknown): void => {
    if (value instanceof Uint8Array) leaves.push(latin1(value));
    else if (value instanceof Map) { for (const pair of value) walk(pair); }
    else if (typeof value === "object" && value !== null) {
      Object.values(value).forEach((one) => walk(one));
    } else leaves.push(String(value));
  };
  let after: Key | undefined;
  do {
    const entries = await store.list([], { limit: 500, ...after === undefined ? {} : { after } });
    for (const { key, value } of entries) walk([...key, value]);
    after = entries.at(-1)?.key;
  } while (after !== undefined);
  return leaves.join("\n");
}

/** What would give a secret away: the whole, and each part that is secret by itself, in every spelling. */
function needlesOf(secret: string, name: string): string[] {
  const handle = /^(?:ac|dc|rt|at|ia|pr|se)_/.test(secret);
  // The first half of a reference token is the public name of its grant or client.
  const body = secret.startsWith("at_") ? secret.slice(27) : secret.slice(handle ? 3 : 0);
  const parts = name.includes("token") || name.includes("assertion") ? body.split(".") : [body];
  // The header of a JWT is no secret, and its claims are known to who reads the database.
  const own = parts.length === 3 ? parts.slice(2) : parts;
  const pieces = own.flatMap((part) => part.length < 32 ? [part] : part.match(/.{16}/g) ?? []);
  return [secret, ...own, ...pieces].flatMap((text) => [
    text,
    utf8(text).toHex(),
    utf8(text).toHex().toUpperCase(),
    base64url(utf8(text)),
    utf8(text).toBase64(),
    // what V8 writes for text beyond Latin-1
    [...text].join("\0"),
    ...bytesOf(text).flatMap((bytes) => [latin1(bytes), bytes.toHex()]),
  ]);
}

function bytesOf(text: string): Uint8Array[] {
  const bytes = text.length < 16 ? undefined : fromBase64url(text);
  return bytes === undefined ? [] : [bytes];
}

/** Bytes as text, one character each. */
export function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}

/** Needles are told apart by how they begin, so that a haystack is looked through once for all of them. */
const BEGINNING = 12;

/** Which secrets, by what they were called, stand in a haystack. */
export function found(haystack: Haystack, secrets: ReadonlyMap<string, string>): string[] {
  const needles = [...secrets].flatMap(([secret, name]) =>
    needlesOf(secret, name).map((needle) => ({ needle, secret }))
  );
  assert.ok(needles.every(({ needle }) => needle.length >= BEGINNING));
  const begun = Map.groupBy(needles, ({ needle }) => needle.slice(0, BEGINNING));
  const hits = new Set<string>();
  for (let at = 0; at < haystack.length; at++) {
    for (const { needle, secret } of begun.get(haystack.slice(at, at + BEGINNING)) ?? []) {
      if (haystack.startsWith(needle, at)) hits.add(secret);
    }
  }
  return [...hits].map((secret) => `${secrets.get(secret)}: ${secret}`);
}
