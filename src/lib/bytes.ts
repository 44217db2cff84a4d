/** How bytes become text and digests, and how secrets are compared. */

import { createHash, timingSafeEqual } from "node:crypto";

/** An array of bytes with memory of its own, as WebCrypto wants it. */
export type Bytes = Uint8Array<ArrayBuffer>;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/** Some bytes after each other. */
export function concatenate(...parts: readonly Uint8Array[]): Bytes {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** The UTF-8 bytes of a text. */
export function utf8(text: string): Bytes {
  return encoder.encode(text);
}

/** The text of some UTF-8 bytes. Throws a `TypeError` where they are none. */
export function fromUtf8(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** BASE64URL without padding (RFC 7515 §2). */
export function base64url(bytes: Uint8Array): string {
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}

/** The bytes of a BASE64URL text without padding; `undefined` where it is none. */
export function fromBase64url(text: string): Bytes | undefined {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) return undefined;
  try {
    return Uint8Array.fromBase64(text, { alphabet: "base64url" });
  } catch {
    return undefined;
  }
}

/** SHA-256 of some bytes, or of the UTF-8 of a text: 32 bytes. */
export function sha256(data: string | Uint8Array): Bytes {
  return new Uint8Array(createHash("sha256").update(data).digest());
}

/** A digest of SHA-2, by its size in bits. */
export function sha2(bits: 256 | 384 | 512, data: string): Bytes {
  return new Uint8Array(createHash(`sha${bits}`).update(data).digest());
}

/** SHA-256 as 64 lower-case hexadecimal digits. */
export function sha256Hex(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

/** Whether two digests are equal, in a time that tells nothing of where they differ. */
export function equalDigests(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && timingSafeEqual(left, right);
}

/** Whether two texts are equal, in a time that tells nothing of where they differ. */
export function equalInConstantTime(left: string, right: string): boolean {
  return timingSafeEqual(sha256(left), sha256(right));
}
