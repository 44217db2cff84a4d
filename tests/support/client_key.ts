/** Keys of clients, and where clients publish what the server is to fetch. */

import { exportJWK, generateKeyPair, type JWK, type JWTHeaderParameters, SignJWT } from "jose";

/** A key pair of a client. */
export interface ClientKey {
  readonly alg: string;
  readonly jwk: JWK;
  readonly privateKey: CryptoKey;
  /** A JWT of these claims. */
  sign(
    claims: Readonly<Record<string, unknown>>,
    header?: Partial<JWTHeaderParameters>,
  ): Promise<string>;
}

/** A new key pair; `members` are added to its JWK, and its `kid` stands in what it signs. */
export async function clientKey(
  alg: string,
  members: Partial<JWK> = {},
  crv?: string,
): Promise<ClientKey> {
  const pair = await generateKeyPair(alg, { extractable: true, ...crv && { crv } });
  const { kid } = members;
  return {
    alg,
    jwk: { ...await exportJWK(pair.publicKey), ...members },
    privateKey: pair.privateKey,
    sign: (claims, header = {}) =>
      new SignJWT({ ...claims }).setProtectedHeader({
        alg,
        ...kid !== undefined && { kid },
        ...header,
      })
        .sign(pair.privateKey),
  };
}

/** What is published on the web of a test. */
export interface Web {
  readonly fetch: typeof globalThis.fetch;
  /** The answers, by URL; what is not there is a 404. */
  readonly pages: Map<string, () => Response | Promise<Response>>;
  /** The URLs that were asked for, in order. */
  readonly asked: string[];
}

/** A web without pages. */
export function web(): Web {
  const pages: Web["pages"] = new Map();
  const asked: string[] = [];
  return {
    pages,
    asked,
    fetch(input) {
      const url = input instanceof Request ? input.url : String(input);
      asked.push(url);
      return Promise.resolve(pages.get(url)?.() ?? new Response("", { status: 404 }));
    },
  };
}

/** The page that publishes these keys. */
export function keysPage(...keys: readonly Pick<ClientKey, "jwk">[]): () => Response {
  return () => Response.json({ keys: keys.map(({ jwk }) => jwk) });
}
