/** Which public keys a client has: those that it registered, or those that it publishes (OpenID Connect Registration §2). */

import type { JWK } from "jose";
import { fromUtf8 } from "../lib/bytes.ts";
import type { Env } from "../lib/env.ts";
import { isMapping } from "../lib/mapping.ts";
import { callOut, type OutboundServer } from "../lib/outbound.ts";
import { OutboundError, settingOf } from "../lib/outbound_error.ts";
import type { Client } from "../oauth/client.ts";

/** The public keys of a client; the same object as long as nothing has changed, so that what is made of it may be kept. */
export interface ClientKeySet {
  readonly keys: readonly JWK[];
}

/** As much of a client as says where its keys are. */
export type KeyOwner = Pick<Client, "client_id" | "jwks" | "jwks_uri">;

/** Where the keys of clients are looked up. */
export interface ClientKeys {
  /**
   * The keys of a client. Those of a `jwks_uri` are kept and fetched anew when they are old, or when there is none that
   * `fits`. Whoever waits for the same keys waits for one request, and there is at most one a minute; when it fails, the
   * keys that are kept stay. Throws `NoClientKeys`.
   */
  of(client: KeyOwner, fits: (key: JWK) => boolean): Promise<ClientKeySet>;
}

/** A client's keys can't be had: it has none, or they can't be fetched. */
export class NoClientKeys extends Error {
  override readonly name = "NoClientKeys";
}

/** After so many seconds keys are fetched anew, so that one which its owner withdraws is believed no longer. */
const FRESH = 900;

/** After so many seconds keys that could not be fetched anew are no longer believed. */
const STALE = 86_400;

/** So many seconds lie between two requests for the same keys. */
const PAUSE = 60;

/** The same where nothing is kept, so that the client can't do anything at all. */
const SHORT_PAUSE = 10;

/** The most bytes of a key set, and the most sets that are kept. */
const LONGEST_SET = 65_536;
const MOST_SETS = 1000;

/** What is known of one `jwks_uri`. Times are NumericDates. */
interface Kept {
  set?: ClientKeySet;
  fetched_at: number;
  tried_at: number;
  request?: Promise<void> | undefined;
}

type Server = OutboundServer & { readonly env: Pick<Env, "now" | "log"> };

/** The keys of all clients, none of them fetched yet. They live as long as the server, and are nothing but a memory. */
export function createClientKeys(server: Server): ClientKeys {
  const kept = new Map<string, Kept>();
  return {
    async of(client, fits) {
      if (client.jwks !== undefined) return client.jwks;
      if (client.jwks_uri === undefined) throw new NoClientKeys("the client has no keys");
      const known = entry(kept, client.jwks_uri);
      const age = server.env.now() - known.fetched_at;
      const good = known.set?.keys.some(fits) && age < FRESH;
      if (!good) await refresh(server, client, client.jwks_uri, known);
      if (known.set === undefined || server.env.now() - known.fetched_at >= STALE) {
        throw new NoClientKeys("the client's keys can't be fetched");
      }
      return known.set;
    },
  };
}

/** The entry of a URI, which becomes the youngest; the oldest one makes room. */
function entry(kept: Map<string, Kept>, uri: string): Kept {
  const known = kept.get(uri) ?? { fetched_at: -Infinity, tried_at: -Infinity };
  kept.delete(uri);
  kept.set(uri, known);
  const [oldest] = kept.keys();
  if (kept.size > MOST_SETS && oldest !== undefined) kept.delete(oldest);
  return known;
}

async function refresh(server: Server, { client_id }: KeyOwner, uri: string, known: Kept) {
  const now = server.env.now();
  const pause = known.set === undefined ? SHORT_PAUSE : PAUSE;
  if (known.request === undefined) {
    if (now - known.tried_at < pause) return;
    known.tried_at = now;
    known.request = fetchKeys(server, uri).then((set) => {
      known.set = set;
      known.fetched_at = now;
    }).catch((error) => {
      if (!(error instanceof OutboundError) && !(error instanceof NoClientKeys)) throw error;
      const reason = error.message;
      server.env.log.warn("client.keys.fetch_failed", {
        client_id,
        reason,
        ...settingOf(reason),
      });
    }).finally(() => known.request = undefined);
  }
  await known.request;
}

async function fetchKeys(server: Server, url: string): Promise<ClientKeySet> {
  const accept = "application/jwk-set+json, application/json";
  const { status, body } = await callOut(server, { url, accept, limit: LONGEST_SET });
  if (status !== 200) throw new NoClientKeys(`status ${status}`);
  const keys = parseKeys(body);
  if (keys === undefined) throw new NoClientKeys("not a JWK set");
  return { keys: keys.filter(isPublicKey) };
}

function parseKeys(body: Uint8Array): readonly unknown[] | undefined {
  try {
    const set: unknown = JSON.parse(fromUtf8(body));
    return isMapping(set) && Array.isArray(set["keys"]) ? set["keys"] : undefined;
  } catch {
    return undefined;
  }
}

/** RFC 7517 §5: keys that are not understood SHOULD be ignored. A symmetric or private one that is published is no secret. */
function isPublicKey(key: unknown): key is JWK {
  return isMapping(key) && ["RSA", "EC", "OKP"].some((kty) => kty === key["kty"]) &&
    key["d"] === undefined && (key["kid"] === undefined || typeof key["kid"] === "string");
}
