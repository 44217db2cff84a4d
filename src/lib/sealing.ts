/** How bytes are kept secret and unchanged in places that others may read or write: a ring of keys seals and opens them. */

import { type Bytes, concatenate, fromBase64url, sha256, utf8 } from "./bytes.ts";
import type { Env } from "./env.ts";

/**
 * Keys that seal and open. What was sealed for one purpose never opens for another.
 * Nonces are random, so a key of the ring should seal at most 2^32 times for a purpose (NIST SP 800-38D §8.3).
 * A seal says neither when it was made nor for whom: replay and swapping within a purpose are the caller's to prevent.
 */
export interface Ring {
  /** Seals some bytes with the first key. Purposes are constants of the program, never input. The result is 33 bytes longer. */
  seal(purpose: string, plaintext: Uint8Array): Promise<Bytes>;
  /** What was sealed, by whichever key of the ring; `undefined` for everything that no key of it sealed for this purpose. */
  open(purpose: string, sealed: Uint8Array): Promise<Bytes | undefined>;
}

/** The bytes in a key of a ring. */
export const RING_KEY_BYTES = 32;

/** The key of a ring in a text, BASE64URL or BASE64; `undefined` where it is none. */
export function parseRingKey(text: string): Bytes | undefined {
  const key = fromBase64url(text.replaceAll("+", "-").replaceAll("/", "_").replace(/=$/, ""));
  return key?.length === RING_KEY_BYTES ? key : undefined;
}

// A sealed value: VERSION (1 byte), the key's id (4), the nonce (12), the ciphertext, its tag (16).
const VERSION = 1;
const HEADER = 5;
const NONCE = 12;
const TAG = 16;

interface RingKey {
  /** The first bytes of the key's SHA-256: they tell which key to try, and prove nothing. */
  readonly id: Bytes;
  /** The AES-256-GCM key of a purpose. */
  readonly subkey: (purpose: string) => Promise<CryptoKey>;
}

/** A ring of 32-byte random keys, newest first. Throws a `TypeError` where there is none, or one of another length. */
export async function createRing(
  env: Pick<Env, "random">,
  keys: readonly Uint8Array[],
): Promise<Ring> {
  const ring = await Promise.all(keys.map(ringKey));
  const first = ring[0];
  if (first === undefined) throw new TypeError("a ring has at least one key");
  return {
    async seal(purpose, plaintext) {
      const header = new Uint8Array([VERSION, ...first.id]);
      const nonce = env.random(NONCE);
      const key = await first.subkey(purpose);
      const ciphertext = await crypto.subtle.encrypt(
        parameters(purpose, header, nonce),
        key,
        new Uint8Array(plaintext),
      );
      return concatenate(header, nonce, new Uint8Array(ciphertext));
    },
    async open(purpose, sealed) {
      if (sealed.length < HEADER + NONCE + TAG || sealed[0] !== VERSION) return undefined;
      const header = sealed.slice(0, HEADER);
      const nonce = sealed.slice(HEADER, HEADER + NONCE);
      const ciphertext = sealed.slice(HEADER + NONCE);
      for (const { id, subkey } of ring) {
        if (!id.every((byte, index) => byte === header[1 + index])) continue;
        const key = await subkey(purpose);
        try {
          return new Uint8Array(
            await crypto.subtle.decrypt(parameters(purpose, header, nonce), key, ciphertext),
          );
        } catch {
          // Tampered with, of another purpose, or sealed by a key with the same short id.
        }
      }
      return undefined;
    },
  };
}

async function ringKey(key: Uint8Array): Promise<RingKey> {
  if (key.length !== RING_KEY_BYTES) {
    throw new TypeError(`a key of a ring has ${RING_KEY_BYTES} bytes`);
  }
  const secret = await crypto.subtle.importKey("raw", new Uint8Array(key), "HKDF", false, [
    "deriveKey",
  ]);
  const subkeys = new Map<string, Promise<CryptoKey>>();
  return {
    id: sha256(key).slice(0, HEADER - 1),
    subkey(purpose) {
      const known = subkeys.get(purpose);
      if (known !== undefined) return known;
      // RFC 5869 §3.1: the key is uniformly random, so no salt is needed; `info` keeps the purposes apart.
      const derived = crypto.subtle.deriveKey(
        { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info: utf8(purpose) },
        secret,
        { name: "AES-GCM", length: 256 },
        false,
        ["encrypt", "decrypt"],
      );
      subkeys.set(purpose, derived);
      return derived;
    },
  };
}

function parameters(purpose: string, header: Uint8Array, nonce: Uint8Array): AesGcmParams {
  return {
    name: "AES-GCM",
    iv: new Uint8Array(nonce),
    additionalData: concatenate(header, utf8(purpose)),
  };
}
