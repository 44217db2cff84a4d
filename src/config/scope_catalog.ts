/** Which scopes exist, what people are told of them, and which claims they bring. */

import { STANDARD_CLAIMS } from "../oauth/claims.ts";
import { STANDARD_SCOPES } from "../oauth/scope.ts";
import type { Config } from "./schema.ts";

/** A scope as people see it. */
export interface ScopeDescription {
  readonly name: string;
  /** `undefined`: the pages have words of their own for it. */
  readonly display_name: string | undefined;
  /** About the person, towards an API, or staying when the person has left. */
  readonly kind: "identity" | "api" | "offline";
}

/** All scopes of a server. */
export interface ScopeCatalog {
  readonly names: ReadonlySet<string>;
  /** The claims that an identity scope brings to userinfo and ID tokens. */
  readonly identityClaims: ReadonlyMap<string, readonly string[]>;
  /** The claims that an API's scope brings to access tokens. */
  readonly apiClaims: ReadonlyMap<string, readonly string[]>;
  /** How a scope is described; it must exist. */
  describe(name: string): ScopeDescription;
}

/** The scopes of a configuration, the built-in ones first. */
export function scopeCatalog(config: Pick<Config, "identity_scopes" | "scopes">): ScopeCatalog {
  const descriptions = new Map<string, ScopeDescription>();
  for (const name of STANDARD_SCOPES) {
    const kind = name === "offline_access" ? "offline" : "identity";
    descriptions.set(name, { name, display_name: undefined, kind });
  }
  for (const { name, display_name } of config.identity_scopes) {
    descriptions.set(name, { name, display_name, kind: "identity" });
  }
  for (const { name, display_name } of config.scopes) {
    descriptions.set(name, { name, display_name, kind: "api" });
  }
  const claims = (scopes: readonly { name: string; claims: readonly string[] }[]) =>
    scopes.map(({ name, claims }) => [name, claims] as const);
  return {
    names: new Set(descriptions.keys()),
    identityClaims: new Map([
      ...Object.entries(STANDARD_CLAIMS),
      ...claims(config.identity_scopes),
    ]),
    apiClaims: new Map(claims(config.scopes)),
    describe: (name) => descriptions.get(name) ?? { name, display_name: undefined, kind: "api" },
  };
}
