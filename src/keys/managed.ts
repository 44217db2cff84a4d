/** Which keys the server made for itself: one for each algorithm, in the store, sealed. */

import { exportJWK, generateKeyPair } from "jose";
import { type Bytes, fromUtf8, utf8 } from "../lib/bytes.ts";
import type { Env } from "../lib/env.ts";
import type { Ring } from "../lib/sealing.ts";
import type { SigningAlgorithm } from "../oauth/client.ts";
import type { Collections } from "../store/collection.ts";
import type { ManagedKey } from "../store/records.ts";
import { KeyError } from "./error.ts";
import { importKey, type SigningKey } from "./key.ts";

const PURPOSE = "signing_key";
const RSA_BITS = 2048;

/** What managed keys need of a server. */
export interface ManagedKeysServer {
  readonly env: Pick<Env, "now">;
  readonly records: Pick<Collections, "signing_key">;
  readonly ring: Ring;
}

/**
 * The key of an algorithm, made where the store has none: of instances that start together one wins, and all use its key.
 * Throws `KeyError` where the ring does not open it (a new key in its place would end every token that was issued),
 * `StoreError` as the store does.
 */
export async function openManagedKey(
  server: ManagedKeysServer,
  alg: SigningAlgorithm,
): Promise<SigningKey> {
  const record = await storedKey(server, alg);
  const opened = server.ring.open(PURPOSE, record.sealed_jwk);
  if (opened === undefined) {
    throw new KeyError(
      "the data protection ring does not open it; give data_protection.keys the key that sealed it",
    );
  }
  const key = await importKey(JSON.parse(fromUtf8(opened)));
  if (key.alg !== alg) throw new KeyError(`its record holds a key for ${key.alg}`);
  if (!server.ring.isNewest(record.sealed_jwk)) await sealAnew(server, alg, record.kid, opened);
  return key;
}

/** By the newest key of the ring, so that nobody misses the older one once it is gone. */
async function sealAnew(
  { records, ring }: ManagedKeysServer,
  alg: SigningAlgorithm,
  kid: string,
  opened: Bytes,
): Promise<void> {
  const sealed_jwk = ring.seal(PURPOSE, opened);
  await records.signing_key.update(
    idOf(alg),
    (stored) => stored?.kid === kid ? { ...stored, sealed_jwk } : undefined,
  );
}

function idOf(alg: SigningAlgorithm): string {
  return `managed:${alg}`;
}

async function storedKey(server: ManagedKeysServer, alg: SigningAlgorithm): Promise<ManagedKey> {
  const { signing_key } = server.records;
  const id = idOf(alg);
  const stored = await signing_key.get(id);
  if (stored !== undefined) return stored;
  const made = await makeKey(server, alg);
  return await signing_key.putNew(id, made) ? made : storedKey(server, alg);
}

async function makeKey(
  { env, ring }: ManagedKeysServer,
  alg: SigningAlgorithm,
): Promise<ManagedKey> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true, modulusLength: RSA_BITS });
  const jwk = { ...await exportJWK(privateKey), alg };
  const { kid } = await importKey(jwk);
  return {
    kid,
    alg,
    created_at: env.now(),
    sealed_jwk: ring.seal(PURPOSE, utf8(JSON.stringify(jwk))),
    expires_at: undefined,
  };
}
