/** What is the Argon2id hash of some bytes (RFC 9106)? Computed by WebCrypto where it can, else by WebAssembly. */

import type { Bytes } from "./bytes.ts";

/** What the hash depends on besides the password. */
export interface Argon2idParameters {
  readonly salt: Bytes;
  /** Memory in KiB. */
  readonly memory: number;
  readonly passes: number;
  readonly parallelism: number;
  /** The length of the hash in bytes. */
  readonly length: number;
}

/** The hash, by the fastest means that this runtime has. */
export function argon2id(password: Bytes, parameters: Argon2idParameters): Promise<Bytes> {
  return nativeArgon2id() ? byWebCrypto(password, parameters) : byWasm(password, parameters);
}

/** What no TypeScript library describes yet (https://wicg.github.io/webcrypto-modern-algos/#argon2). */
interface Argon2Subtle {
  importKey(
    format: "raw-secret",
    key: Bytes,
    algorithm: "Argon2id",
    extractable: false,
    usages: readonly ["deriveBits"],
  ): Promise<CryptoKey>;
  deriveBits(
    algorithm: {
      name: "Argon2id";
      nonce: Bytes;
      memory: number;
      passes: number;
      parallelism: number;
    },
    key: CryptoKey,
    bits: number,
  ): Promise<ArrayBuffer>;
}

/** Whether WebCrypto knows Argon2id. */
export function nativeArgon2id(): boolean {
  const { supports } = SubtleCrypto as { supports?: (does: string, algorithm: string) => boolean };
  return supports?.("importKey", "Argon2id") ?? false;
}

/** The hash by WebCrypto, on another thread. Rejects where `nativeArgon2id` is false. */
export async function byWebCrypto(password: Bytes, parameters: Argon2idParameters): Promise<Bytes> {
  const { salt: nonce, memory, passes, parallelism, length } = parameters;
  const subtle = crypto.subtle as unknown as Argon2Subtle;
  const key = await subtle.importKey("raw-secret", password, "Argon2id", false, ["deriveBits"]);
  const algorithm = { name: "Argon2id", nonce, memory, passes, parallelism } as const;
  return new Uint8Array(await subtle.deriveBits(algorithm, key, length * 8));
}

/** The hash by WebAssembly. Keeps the event loop busy meanwhile. */
export async function byWasm(password: Bytes, parameters: Argon2idParameters): Promise<Bytes> {
  const { salt, memory, passes, parallelism, length } = parameters;
  const wasm = await import("hash-wasm");
  const hash = await wasm.argon2id({
    password,
    salt,
    memorySize: memory,
    iterations: passes,
    parallelism,
    hashLength: length,
    outputType: "binary",
  });
  return new Uint8Array(hash);
}
