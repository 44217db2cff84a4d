/** Which private key stands in a text that is either a JWK or a PEM file? */

import { agreedTerms } from "./terms.ts";
import { KeyError } from "./error.ts";
import { parseJwks } from "./jwk_set.ts";
import { isMapping } from "../lib/mapping.ts";
import { parsePem } from "./pem.ts";

/** A private JWK that was read and not yet looked at. */
export interface ReadKey {
  readonly jwk: Readonly<Record<string, unknown>>;
  /** Whether it says from when until when it signs. */
  readonly dated: boolean;
}

/** The only key in a text; `alg` is what its place says of it. Throws `KeyError` with one problem. */
export function parseKeyText(text: string, alg: string | undefined): ReadKey {
  // A PEM file may begin with words of whoever made it.
  const isPem = !/^\s*\{/.test(text) && text.includes("-----BEGIN ");
  const jwk = isPem ? parsePem(text) : onlyJwk(text);
  const terms = agreedTerms(jwk, { alg });
  const dated = terms.not_before !== undefined || terms.not_after !== undefined;
  return { jwk: { ...jwk, alg: terms.alg }, dated };
}

function onlyJwk(text: string): Record<string, unknown> {
  const [first, ...others] = parseJwks("", text);
  if (others.length > 0) throw new KeyError("a JWK set of several keys; give each its own file");
  if (!isMapping(first?.jwk)) throw new KeyError("not a JWK");
  return first.jwk;
}
