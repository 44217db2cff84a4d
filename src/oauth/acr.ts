/** What a login reaches, and whether that is enough for what a client asks (OpenID Connect Core §2, §5.5.1.1; RFC 9470). */

import { type ClaimsRequest, wantedValues } from "./claims_request.ts";

/** How people may log in, by their `amr` values (RFC 8176 §2). */
export const LOGIN_METHODS = ["pwd"] as const;
export type LoginMethod = typeof LOGIN_METHODS[number];

/** An authentication context class, and what reaches it. */
export interface Rung {
  readonly acr: string;
  /** Any of these does. */
  readonly methods: readonly LoginMethod[];
  /** For so many seconds after the login; `undefined`: as long as the session lives. */
  readonly max_age?: number | undefined;
}

/** Every `acr` that there is, the weakest first; empty: logins reach none. */
export type Ladder = readonly Rung[];

/** A login as the ladder sees it; `age` is in seconds. */
export interface AgedLogin {
  readonly amr: readonly string[];
  readonly age: number;
}

/** What a client asks of a login. */
export interface AcrDemand {
  /** Any of these will do; the best first. */
  readonly values: readonly string[];
  /** Whether there is no answer without. */
  readonly essential: boolean;
}

/** What a request asks of a login: by the claim `acr`, or else by `acr_values`; `undefined`: nothing. */
export function acrDemand(
  { claims, acr_values }: {
    readonly claims: ClaimsRequest | undefined;
    readonly acr_values: readonly string[];
  },
): AcrDemand | undefined {
  const claim = claims?.id_token["acr"];
  const values = wantedValues(claim).filter((value) => typeof value === "string");
  if (values.length > 0) return { values, essential: claim?.essential === true };
  // OpenID Connect Core §3.1.2.1: acr_values asks for a voluntary claim. RFC 9470 §5 would have it needed, which
  // refuses clients of OpenID Connect that would merely like it; whoever needs it asks for the claim as essential.
  return acr_values.length > 0 ? { values: acr_values, essential: false } : undefined;
}

/** Whether a login reaches one of the values: its rung, or any above it. */
export function satisfies(ladder: Ladder, { values }: AcrDemand, login: AgedLogin): boolean {
  return firstReached(ladder, values, login) !== undefined;
}

/**
 * What a login is called towards a client. OpenID Connect Core §5.5.1.1: one of the values that it asks for, if the login
 * reaches one; else the highest that it does reach, if any.
 */
export function acrOf(
  ladder: Ladder,
  demand: AcrDemand | undefined,
  login: AgedLogin,
): string | undefined {
  return firstReached(ladder, demand?.values ?? [], login) ?? ladder[height(ladder, login)]?.acr;
}

/** Whether a login is enough, or another one would be, or none can. */
export type AcrVerdict = "enough" | "another" | "unmet";

/** Judges a login, where there is one, and the one that could be made instead. */
export function judgeAcr(
  ladder: Ladder,
  demand: AcrDemand | undefined,
  { login, instead }: { readonly login: AgedLogin | undefined; readonly instead: AgedLogin },
): AcrVerdict {
  if (demand === undefined) return "enough";
  if (login !== undefined && satisfies(ladder, demand, login)) return "enough";
  if (satisfies(ladder, demand, instead)) return "another";
  // OpenID Connect Core §5.5.1.1: an essential acr that can't be had is a failed authentication
  return demand.essential ? "unmet" : "enough";
}

function firstReached(
  ladder: Ladder,
  values: readonly string[],
  login: AgedLogin,
): string | undefined {
  const reached = ladder.slice(0, height(ladder, login) + 1);
  return values.find((value) => reached.some(({ acr }) => acr === value));
}

/** The highest rung that a login reaches; -1: none. */
function height(ladder: Ladder, { amr, age }: AgedLogin): number {
  return ladder.findLastIndex(({ methods, max_age = Infinity }) =>
    age <= max_age && methods.some((method) => amr.includes(method))
  );
}
