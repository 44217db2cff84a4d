/** How bytes are kept secret and unchanged in places that others may read or write: a ring of keys seals and opens them. */

import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  hkdfSync,
  type KeyObject,
} from "node:crypto";
import { type Bytes, concatenate, fromBase64url, sha256, utf8 } from "./bytes.ts";
import type { Env } from "./env.ts";

/**
 * Keys that seal and open, at once: what is sealed is small, and a round trip to WebCrypto's threads costs more than
 * the work. What was sealed for one purpose never opens for another.
 * Nonces are random, so a key of the ring should seal at most 2^32 times for a purpose (NIST SP 800-38D §8.3).
 * A seal says neither when it was made nor for whom: replay and swapping within a purpose are the caller's to prevent.
 */
export interface Ring {
  /** Seals some bytes with the key whose turn it is. Purposes are constants of the program, never input. The result is 33 bytes longer. */
  seal(purpose: string, plaintext: Uint8Array): Bytes;
  /** What was sealed, by whichever key of the ring; `undefined` for everything that no key of it sealed for this purpose. */
  open(purpose: string, sealed: Uint8Array): Bytes | undefined;
  /** Whether what opens was sealed by the key whose turn it is, so that it stays good when the others go. Proves nothing. */
  isNewest(sealed: Uint8Array): boolean;
}

/** The bytes in a key of a ring. */
export const RING_KEY_BYTES = 32;

/** A key of a ring, ready for use. */
export interface RingKey {
  /** The first four bytes of its SHA-256, in hex: they tell which key to try, and prove nothing. */
  readonly id: string;
  /** What every seal of it begins with. */
  readonly header: Bytes;
  /** The AES-256-GCM key of a purpose. */
  readonly subkey: (purpose: string) => KeyObject;
}

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
const CIPHER = "aes-256-gcm";

/** A ring whose keys change: `current` answers those of the moment, at least one; the first seals. */
export function livingRing(env: Pick<Env, "random">, current: () => readonly RingKey[]): Ring {
  const sealer = () => {
    const [first] = current();
    if (first === undefined) throw new TypeError("a ring has at least one key");
    return first;
  };
  return {
    seal(purpose, plaintext) {
      const { header, subkey } = sealer();
      const nonce = env.random(NONCE);
      const cipher = createCipheriv(CIPHER, subkey(purpose), nonce);
      cipher.setAAD(concatenate(header, utf8(purpose)));
      const ciphertext = concatenate(cipher.update(plaintext), cipher.final());
      return concatenate(header, nonce, ciphertext, cipher.getAuthTag());
    },
    open(purpose, sealed) {
      if (sealed.length < HEADER + NONCE + TAG || sealed[0] !== VERSION) return undefined;
      for (const one of current().filter((one) => isBy(one, sealed))) {
        const opened = openWith(one.subkey(purpose), purpose, sealed);
        if (opened !== undefined) return opened;
      }
      return undefined;
    },
    isNewest: (sealed) => isBy(sealer(), sealed),
  };
}

/** The `id` of the key by which something says that it was sealed; `undefined` for what can't be a seal. Proves nothing. */
export function sealedBy(sealed: Uint8Array): string | undefined {
  if (sealed.length < HEADER + NONCE + TAG || sealed[0] !== VERSION) return undefined;
  return sealed.subarray(1, HEADER).toHex();
}

function isBy({ header }: RingKey, sealed: Uint8Array): boolean {
  return header.every((byte, index) => byte === sealed[index]);
}

/** `undefined`: tampered with, of another purpose, or sealed by a key with the same short id. */
function openWith(key: KeyObject, purpose: string, sealed: Uint8Array): Bytes | undefined {
  const nonce = sealed.subarray(HEADER, HEADER + NONCE);
  const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG });
  decipher.setAAD(concatenate(sealed.subarray(0, HEADER), utf8(purpose)));
  decipher.setAuthTag(sealed.subarray(-TAG));
  try {
    return concatenate(
      decipher.update(sealed.subarray(HEADER + NONCE, -TAG)),
      // Whether the tag is right.
      decipher.final(),
    );
  } catch {
    return undefined;
  }
}

/** Makes a key of its 32 bytes. Throws a `TypeError` for another number of them. */
export function ringKey(key: Uint8Array): RingKey {
  if (key.length !== RING_KEY_BYTES) {
    throw new TypeError(`a key of a ring has ${RING_KEY_BYTES} bytes`);
  }
  const id = sha256(key).slice(0, HEADER - 1);
  const subkeys = new Map<string, KeyObject>();
  return {
    id: id.toHex(),
    header: concatenate(new Uint8Array([VERSION]), id),
    subkey(purpose) {
      const known = subkeys.get(purpose);
      if (known !== undefined) return known;
      // RFC 5869 §3.1: the key is uniformly random, so no salt is needed; `info` keeps the purposes apart.
      const derived = createSecretKey(
        new Uint8Array(hkdfSync("sha256", key, new Uint8Array(), utf8(purpose), RING_KEY_BYTES)),
      );
      subkeys.set(purpose, derived);
      return derived;
    },
  };
}
