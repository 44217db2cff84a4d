/** What a request says: one value for a name, or a precise refusal. */

import { OAuthError } from "./error.ts";

/** RFC 8707 §2: the one parameter that may be repeated. */
const REPEATABLE = "resource";

/** The parameters of a request. */
export interface Parameters {
  /** The value of a parameter; `undefined` where it is absent or empty. Throws `invalid_request` where it is given twice. */
  get(name: string): string | undefined;
  /** The value; throws `invalid_request` where it is absent, empty or given twice. */
  require(name: string): string;
  /** Every `resource` (RFC 8707 §2). */
  readonly resource: readonly string[];
  /** Throws `invalid_request` where any parameter is given twice (RFC 6749 §3.1, §3.2). */
  rejectRepeated(): void;
}

/** Reads a query or a form body. */
export function readParameters(encoded: string): Parameters {
  return parametersOf(new URLSearchParams(encoded));
}

/** Some names with their values, as parameters. */
export function parametersOf(pairs: Iterable<readonly [string, string]>): Parameters {
  const values = new Map<string, string>();
  const repeated = new Set<string>();
  const resource: string[] = [];
  for (const [name, value] of pairs) {
    // RFC 6749 §3.1: a parameter without a value is treated as if it were omitted
    if (value === "") continue;
    if (name === REPEATABLE) resource.push(value);
    else if (values.has(name)) repeated.add(name);
    else values.set(name, value);
  }
  const get = (name: string): string | undefined => {
    if (repeated.has(name)) throw new OAuthError("invalid_request", `${name} is given twice`);
    return values.get(name);
  };
  return {
    get,
    require(name) {
      const value = get(name);
      if (value === undefined) throw new OAuthError("invalid_request", `${name} is missing`);
      return value;
    },
    resource,
    rejectRepeated() {
      if (repeated.size > 0) {
        throw new OAuthError("invalid_request", "a parameter is given twice", {
          parameters: [...repeated].slice(0, 10).map((name) => name.slice(0, 64)),
        });
      }
    },
  };
}

/** The most characters that each parameter may have; others are ignored and bounded by the size of the request. */
const LONGEST = {
  state: 2048,
  nonce: 1024,
  scope: 4096,
  login_hint: 512,
  logout_hint: 512,
  ui_locales: 512,
  acr_values: 1024,
  claims: 4096,
  claims_locales: 512,
} as const;

/**
 * A parameter of printable characters (VSCHAR and space, RFC 6749 appendix A) of bounded length.
 * Throws `invalid_request` otherwise.
 */
export function printable(parameters: Parameters, name: "state" | "nonce"): string | undefined {
  const value = bounded(parameters, name);
  if (value !== undefined && !/^[\x20-\x7e]+$/.test(value)) {
    throw new OAuthError("invalid_request", `${name} has characters that are not allowed`);
  }
  return value;
}

/** A parameter of bounded length. Throws `invalid_request` otherwise. */
export function limited(parameters: Parameters, name: keyof typeof LONGEST): string | undefined {
  const value = parameters.get(name);
  if (value !== undefined && value.length > LONGEST[name]) {
    throw new OAuthError("invalid_request", `${name} is longer than ${LONGEST[name]} characters`);
  }
  return value;
}

/** A parameter of bounded length without control characters. Throws `invalid_request` otherwise. */
export function bounded(parameters: Parameters, name: keyof typeof LONGEST): string | undefined {
  const value = limited(parameters, name);
  // deno-lint-ignore no-control-regex -- control characters are what is refused
  if (value !== undefined && /[\x00-\x1f\x7f]/.test(value)) {
    throw new OAuthError("invalid_request", `${name} has control characters`);
  }
  return value;
}

/** A parameter that is a whole number of seconds. Throws `invalid_request` otherwise. */
export function seconds(parameters: Parameters, name: string): number | undefined {
  const value = parameters.get(name);
  if (value === undefined) return undefined;
  if (!/^\d{1,9}$/.test(value)) {
    throw new OAuthError("invalid_request", `${name} is not a whole number of seconds`);
  }
  return Number(value);
}
