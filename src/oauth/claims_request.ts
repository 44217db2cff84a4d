/** Which claims a client asks for one by one (OpenID Connect Core §5.5). */

import { sameJson } from "../lib/same_json.ts";
import { OAuthError } from "./error.ts";

/** What is asked of one claim (OpenID Connect Core §5.5.1); empty: that it would be nice to have. */
export interface ClaimDemand {
  readonly essential?: boolean;
  readonly value?: unknown;
  readonly values?: readonly unknown[];
}

/** The claims that are asked for, by where they are to stand. */
export interface ClaimsRequest {
  readonly userinfo: Readonly<Record<string, ClaimDemand>>;
  readonly id_token: Readonly<Record<string, ClaimDemand>>;
}

/**
 * The claims that the text of a `claims` parameter asks for; `undefined`: none that mean something. Left out are claims
 * other than `askable` ones, which may be asked for with a language tag too (OpenID Connect Core §5.2), and what is
 * always there. Throws `invalid_request` where it is malformed.
 */
export function parseClaims(
  text: string,
  askable: ReadonlySet<string>,
): ClaimsRequest | undefined {
  const { userinfo, id_token } = object(parseJson(text));
  const claims = {
    userinfo: demands(userinfo, (name) => askable.has(name)),
    // OpenID Connect Core §5.5.1.1; auth_time is in every ID token
    id_token: demands(id_token, (name) => askable.has(name) || name === "acr"),
  };
  const some = Object.values(claims).some((asked) => Object.keys(asked).length > 0);
  return some ? claims : undefined;
}

/** Whether a value is one that is asked for (OpenID Connect Core §5.5.1); without a demand, every one is. */
export function meets(demand: ClaimDemand | undefined, value: unknown): boolean {
  const wanted = wantedValues(demand);
  return wanted.length === 0 || wanted.some((one) => sameJson(one, value));
}

/** The values of which one is asked for; empty: any will do. */
export function wantedValues(demand: ClaimDemand | undefined): readonly unknown[] {
  if (demand === undefined) return [];
  return [...Object.hasOwn(demand, "value") ? [demand.value] : [], ...demand.values ?? []];
}

/** The name of a claim without its language tag (OpenID Connect Core §5.2). */
export function baseName(claim: string): string {
  return claim.split("#", 1)[0] ?? claim;
}

function demands(
  asked: unknown,
  may: (name: string) => boolean,
): Readonly<Record<string, ClaimDemand>> {
  if (asked === undefined || asked === null) return {};
  return Object.fromEntries(
    Object.entries(object(asked)).map(([name, demand]) => [name, parseDemand(demand)] as const)
      .filter(([name]) => may(baseName(name))),
  );
}

/** OpenID Connect Core §5.5.1: null, or an object whose members that are not understood are ignored. */
function parseDemand(demand: unknown): ClaimDemand {
  if (demand === null) return {};
  const { essential, values, ...others } = object(demand);
  if (essential !== undefined && typeof essential !== "boolean") throw malformed();
  if (values !== undefined && !Array.isArray(values)) throw malformed();
  return {
    ...essential ? { essential } : {},
    ...Object.hasOwn(others, "value") ? { value: others["value"] } : {},
    ...values === undefined ? {} : { values },
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw malformed();
  }
}

function object(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw malformed();
  return value as Record<string, unknown>;
}

function malformed(): OAuthError {
  return new OAuthError("invalid_request", "claims is malformed");
}
