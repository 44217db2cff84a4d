/** How a password is kept: Argon2id (RFC 9106) in PHC form, and whether a password is the one. */

import { timingSafeEqual } from "node:crypto";
import { argon2id, type Argon2idParameters } from "./argon2id.ts";
import { type Bytes, utf8 } from "./bytes.ts";
import type { Env } from "./env.ts";

/** The most bytes that a password may have in UTF-8. */
export const LONGEST_PASSWORD = 1024;

/** The least that OWASP's Password Storage Cheat Sheet recommends: 19 MiB, two passes. */
const COST = { memory: 19_456, passes: 2, parallelism: 1, length: 32 } as const;

/** What others' hashes may cost: enough for every recommendation, too little to stop the server. */
const BOUNDS = {
  memory: [8, 262_144],
  passes: [1, 16],
  parallelism: [1, 16],
  salt: [8, 64],
  length: [16, 64],
} as const;

/**
 * Hashes a password with a new salt: `$argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>`.
 * Throws a `TypeError` where it is empty or longer than `LONGEST_PASSWORD`.
 */
export async function hashPassword(env: Pick<Env, "random">, password: string): Promise<string> {
  const bytes = passwordBytes(password);
  if (bytes === undefined) {
    throw new TypeError(`a password has 1 to ${LONGEST_PASSWORD} bytes of UTF-8`);
  }
  const salt = env.random(16);
  const hash = await argon2id(bytes, { ...COST, salt });
  const { memory, passes, parallelism } = COST;
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${base64(salt)}$${base64(hash)}`;
}

/**
 * Whether a password is the one that was hashed. One that nobody could have set (empty or too long) is not.
 * Throws a `TypeError` where `phc` is no password hash.
 */
export async function verifyPassword(phc: string, password: string): Promise<boolean> {
  const parsed = parse(phc);
  if (parsed === undefined) throw new TypeError("not an Argon2id hash in PHC form");
  const bytes = passwordBytes(password);
  if (bytes === undefined) return false;
  return timingSafeEqual(await argon2id(bytes, parsed.parameters), parsed.hash);
}

/** Whether a text is an Argon2id hash that `verifyPassword` takes: version 19, parameters within bounds. */
export function isPasswordHash(text: string): boolean {
  return parse(text) !== undefined;
}

/** Whether a text can be a password: 1 to `LONGEST_PASSWORD` bytes of UTF-8 once normalized. */
export function isPassword(text: string): boolean {
  return passwordBytes(text) !== undefined;
}

/** NIST SP 800-63B §5.1.1.2: Unicode is normalized (here NFKC) before it is hashed. */
function passwordBytes(password: string): Bytes | undefined {
  // Every UTF-16 unit has a byte or more: what is far too long isn't even normalized.
  if (password === "" || password.length > LONGEST_PASSWORD) return undefined;
  const bytes = utf8(password.normalize("NFKC"));
  return bytes.length <= LONGEST_PASSWORD ? bytes : undefined;
}

const PHC =
  /^\$argon2id\$v=19\$m=([1-9]\d{0,6}),t=([1-9]\d?),p=([1-9]\d?)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

function parse(phc: string): { parameters: Argon2idParameters; hash: Bytes } | undefined {
  const [, m, t, p, saltText = "", hashText = ""] = PHC.exec(phc) ?? [];
  const [memory, passes, parallelism] = [Number(m), Number(t), Number(p)];
  const salt = fromBase64(saltText);
  const hash = fromBase64(hashText);
  if (salt === undefined || hash === undefined) return undefined;
  const { length } = hash;
  const bounded = within(memory, BOUNDS.memory) && within(passes, BOUNDS.passes) &&
    within(parallelism, BOUNDS.parallelism) && within(salt.length, BOUNDS.salt) &&
    within(length, BOUNDS.length);
  // RFC 9106 §3.1: at least 8 KiB for each lane.
  if (!bounded || memory < 8 * parallelism) return undefined;
  return { parameters: { salt, memory, passes, parallelism, length }, hash };
}

function within(value: number, [least, most]: readonly [number, number]): boolean {
  return value >= least && value <= most;
}

function base64(bytes: Uint8Array): string {
  return bytes.toBase64({ omitPadding: true });
}

function fromBase64(text: string): Bytes | undefined {
  try {
    const bytes = Uint8Array.fromBase64(text);
    // One text for every salt: bits left over must be zero.
    return base64(bytes) === text ? bytes : undefined;
  } catch {
    return undefined;
  }
}
