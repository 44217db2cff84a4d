/** What everybody may know of the server: its metadata and public keys (OpenID Connect Discovery §4, RFC 8414, RFC 7517). */

import type { Handler } from "hono";
import type { ClientRegistry } from "../clients/registry.ts";
import type { Config } from "../config/schema.ts";
import type { ScopeCatalog } from "../config/scope_catalog.ts";
import type { Keys } from "../keys/keys.ts";
import { keySetMaxAge } from "../keys/max_age.ts";
import { base64url, sha256, utf8 } from "../lib/bytes.ts";
import { SUBJECT_TYPES } from "../oauth/client.ts";
import { metadata } from "../oauth/metadata.ts";
import { LANGUAGES } from "../pages/language.ts";
import type { AppEnv } from "./http.ts";

/** How long the metadata may be kept, in seconds: a reload of the configuration changes it. */
const METADATA_MAX_AGE = 300;

/** The metadata document's endpoint. */
export function metadataEndpoint(server: {
  readonly config: Pick<Config, "issuer" | "security" | "tokens">;
  readonly scopes: ScopeCatalog;
  readonly keys: Pick<Keys, "algorithms">;
  readonly clients: Pick<ClientRegistry, "responseTypes">;
}): Handler<AppEnv> {
  const { names, identityClaims, apiClaims } = server.scopes;
  const claims = [...identityClaims.values(), ...apiClaims.values()].flat();
  return document(() => METADATA_MAX_AGE, () => server.keys.algorithms, (algorithms) =>
    metadata({
      issuer: server.config.issuer,
      scopes: [...names],
      claims,
      algorithms,
      ui_locales: LANGUAGES,
      // Nobody can be pairwise without a salt.
      subject_types: SUBJECT_TYPES.filter((type) =>
        type === "public" || server.config.tokens.pairwise_salt !== undefined
      ),
      acr_values: server.config.security.login.acr_ladder.map(({ acr }) => acr),
      response_types: server.clients.responseTypes,
      require_pushed_authorization_requests:
        server.config.security.require_pushed_authorization_requests,
    }));
}

/** The key set's endpoint. As `application/json`, which everybody reads; RFC 7517 §8.5.2 has a type of its own, which not all do. */
export function jwksEndpoint(server: {
  readonly config: Pick<Config, "keys">;
  readonly keys: Pick<Keys, "jwks" | "age">;
}): Handler<AppEnv> {
  const { config, keys } = server;
  const maxAge = keySetMaxAge(config.keys);
  return document(() => maxAge(keys.age), () => keys.jwks, (jwks) => jwks);
}

/** A JSON value with a strong entity tag (RFC 9110 §8.8.3), made anew only when what it depends on is another object. */
function document<T>(
  maxAge: () => number,
  basis: () => T,
  valueOf: (basis: T) => unknown,
): Handler<AppEnv> {
  const made = (from: T) => {
    const body = utf8(JSON.stringify(valueOf(from)));
    const tag = `"${base64url(sha256(body)).slice(0, 22)}"`;
    return { from, body, tag };
  };
  let current = made(basis());
  return (c) => {
    const from = basis();
    if (from !== current.from) current = made(from);
    const { body, tag } = current;
    const headers = { "Cache-Control": `public, max-age=${maxAge()}`, "ETag": tag };
    const known = c.req.header("If-None-Match")?.split(",").map((one) =>
      one.trim().replace(/^W\//, "")
    );
    // RFC 9110 §15.4.5: a 304 MUST have what a 200 would say of caching.
    if (known?.some((one) => one === tag || one === "*")) return c.body(null, 304, headers);
    return c.body(body, 200, { ...headers, "Content-Type": "application/json" });
  };
}
