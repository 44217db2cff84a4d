/** What the person still has to do before an authorization request can be answered (OpenID Connect Core §3.1.2.3, §3.1.2.4). */

import { type ClaimsRequest, meets } from "./claims_request.ts";
import { type ErrorCode, OAuthError } from "./error.ts";

/** The values of `prompt` that we act on (OpenID Connect Core §3.1.2.1). */
export const PROMPTS = ["none", "login", "consent", "select_account"] as const;
export type Prompt = typeof PROMPTS[number];

/** The values of a `prompt` parameter. Throws `invalid_request` for unknown ones and for `none` in company. */
export function parsePrompt(text: string | undefined): readonly Prompt[] {
  if (text === undefined) return [];
  const prompts = [...new Set(text.split(" "))];
  const unknown = (value: string): value is never =>
    !(PROMPTS as readonly string[]).includes(value);
  // OpenID Connect Prompt Create 1.0 §4.1.1: values that are not supported are refused
  if (prompts.some(unknown)) throw new OAuthError("invalid_request", "prompt has an unknown value");
  if (prompts.length > 1 && prompts.includes("none")) {
    throw new OAuthError("invalid_request", "prompt=none allows no other value");
  }
  return prompts as Prompt[];
}

/** What a person may have to do: a page to show. */
export type Step = "login" | "select_account" | "consent";

/** What is asked of the login and the consent. */
export interface Demands {
  readonly prompt: readonly Prompt[];
  /** Seconds that the login may be old. */
  readonly max_age: number | undefined;
  /** Who has to be logged in, by the name that the client knows; `undefined`: anybody. */
  readonly hinted_sub: string | undefined;
  /** Of these, `sub` with a value says the same (OpenID Connect Core §3.1.2.2). */
  readonly claims: ClaimsRequest | undefined;
}

/** What has been done so far. */
export interface Progress {
  readonly session: { readonly sid: string; readonly sub: string; readonly auth_time: number };
  /** By which name the client knows the person (OpenID Connect Core §8). */
  readonly subject: string;
  /** What the person has done for this very request. */
  readonly interaction: {
    readonly authenticated: string | undefined;
    readonly selected: string | undefined;
    readonly consented: string | undefined;
  } | undefined;
  /** Whether nothing need be asked: a first-party client, or an earlier answer that covers the request. */
  readonly allowed: boolean;
}

/** How long somebody may think about a consent page before a `max_age` that is shorter asks again, in seconds. */
const SLOW_READER = 60;

/**
 * What somebody who is logged in still has to do; `undefined`: the client can be answered.
 * Nothing that a browser sends can shorten it: all of it is read from the store.
 */
export function nextStep(demands: Demands, progress: Progress, now: number): Step | undefined {
  const { session, interaction } = progress;
  // A login for this very request is good, as long as it is no older than the request allows, or than a page takes.
  const fresh = interaction?.authenticated === session.sid &&
    now - session.auth_time <= Math.max(demands.max_age ?? Infinity, SLOW_READER);
  if (!fresh && isTooOld(demands, session.auth_time, now)) return "login";
  if (isSomebodyElse(demands, progress.subject)) return "login";
  if (
    demands.prompt.includes("select_account") && interaction?.selected !== session.sid &&
    interaction?.authenticated !== session.sid
  ) return "select_account";
  const asked = interaction?.consented === session.sub;
  if (!asked && (demands.prompt.includes("consent") || !progress.allowed)) return "consent";
  return undefined;
}

/** OpenID Connect Core §3.1.2.2: whether the request is about another person than the one whom its client knows as `subject`. */
export function isSomebodyElse(
  { hinted_sub, claims }: Pick<Demands, "hinted_sub" | "claims">,
  subject: string,
): boolean {
  return hinted_sub !== undefined && hinted_sub !== subject ||
    !meets(claims?.id_token["sub"], subject) || !meets(claims?.userinfo["sub"], subject);
}

/** Whether a request demands a login that is younger than this one. */
export function isTooOld(demands: Demands, auth_time: number, now: number): boolean {
  if (demands.prompt.includes("login")) return true;
  // OpenID Connect Core §3.1.2.1: max_age=0 is the same as prompt=login
  return demands.max_age !== undefined &&
    (demands.max_age === 0 || now - auth_time > demands.max_age);
}

/** OpenID Connect Core §3.1.2.6: what `prompt=none` answers where a page would be needed. */
export const STEP_ERROR: Readonly<Record<Step, ErrorCode>> = {
  login: "login_required",
  select_account: "account_selection_required",
  consent: "consent_required",
};
