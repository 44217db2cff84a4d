/** What people type in for a device: a short code that is easy to read, to type and to say (RFC 8628 §6.1). */

/** RFC 8628 §6.1: consonants alone, so that no words come about and nothing is mistaken for a digit. */
const ALPHABET = "BCDFGHJKLMNPQRSTVWXZ";

/** RFC 8628 §6.1: 20^8, 34.5 bits, is enough where guessing is throttled. */
const LENGTH = 8;

/** A code from random bytes: as many of them as it takes to have each letter equally often; `undefined` where they run out. */
export function userCodeFrom(random: Uint8Array): string | undefined {
  // 240 is a multiple of 20; the bytes beyond would favour the first letters.
  const letters = [...random].filter((byte) => byte < 240).map((byte) => ALPHABET[byte % 20]);
  return letters.length < LENGTH ? undefined : letters.slice(0, LENGTH).join("");
}

/** RFC 8628 §6.1: whatever somebody types between the letters, and in whichever case; `undefined` where it is no code. */
export function parseUserCode(typed: string): string | undefined {
  const letters = typed.normalize("NFKC").toUpperCase().replace(/[^\p{L}\p{N}]/gu, "");
  return letters.length === LENGTH && [...letters].every((one) => ALPHABET.includes(one))
    ? letters
    : undefined;
}

/** RFC 8628 §3.3.1: the address where a code stands in its field already. */
export function verificationUriComplete(verification_uri: string, user_code: string): string {
  return `${verification_uri}?user_code=${showUserCode(user_code)}`;
}

/** A code as people see it: `WDJB-MJHT`. */
export function showUserCode(user_code: string): string {
  return `${user_code.slice(0, LENGTH / 2)}-${user_code.slice(LENGTH / 2)}`;
}
