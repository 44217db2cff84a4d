/** What the person still has to do before an authorization request can be answered (OpenID Connect Core §3.1.2.3, §3.1.2.4). */

import {
  acrDemand,
  type AcrVerdict,
  type AgedLogin,
  judgeAcr,
  type Ladder,
  LOGIN_METHODS,
} from "./acr.ts";
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
  /** Of these, `sub` with a value says the same (OpenID Connect Core §3.1.2.2), and `acr` what the login should reach. */
  readonly claims: ClaimsRequest | undefined;
  /** What the login should reach, the best first, where `claims` doesn't say. */
  readonly acr_values: readonly string[];
}

/** What has been done so far. */
export interface Progress {
  readonly session: {
    readonly sid: string;
    readonly sub: string;
    readonly auth_time: number;
    readonly amr: readonly string[];
  };
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

/** The login of a progress, and what it was made for. */
type LoginProgress = Pick<Progress, "session" | "interaction">;

/** How long somebody may think about a consent page before a `max_age` that is shorter asks again, in seconds. */
const SLOW_READER = 60;

/**
 * What somebody who is logged in still has to do; `undefined`: the client can be answered.
 * Nothing that a browser sends can shorten it: all of it is read from the store.
 */
export function nextStep(
  ladder: Ladder,
  demands: Demands,
  progress: Progress,
  now: number,
): Step | undefined {
  const { session, interaction } = progress;
  if (needsLogin(ladder, demands, progress, now)) return "login";
  if (isSomebodyElse(demands, progress.subject)) return "login";
  if (
    demands.prompt.includes("select_account") && interaction?.selected !== session.sid &&
    interaction?.authenticated !== session.sid
  ) return "select_account";
  const asked = interaction?.consented === session.sub;
  if (!asked && (demands.prompt.includes("consent") || !progress.allowed)) return "consent";
  return undefined;
}

/** Whether a request demands a login that is younger than the one there is, or reaches more. */
export function needsLogin(
  ladder: Ladder,
  demands: Demands,
  progress: LoginProgress,
  now: number,
): boolean {
  const { auth_time } = progress.session;
  // A login for this very request is good, as long as it is no older than the request allows, or than a page takes.
  const fresh = isForThis(progress) &&
    now - auth_time <= Math.max(demands.max_age ?? Infinity, SLOW_READER);
  if (!fresh && isTooOld(demands, auth_time, now)) return true;
  return judgeLogin(ladder, demands, progress, now) === "another";
}

/** Whether the login there is, if any, reaches what a request asks for, or another one would, or none can. */
export function judgeLogin(
  ladder: Ladder,
  demands: Pick<Demands, "claims" | "acr_values">,
  progress: LoginProgress | undefined,
  now: number,
): AcrVerdict {
  // Whoever has logged in for this very request reaches no more by doing the same again.
  const amr = progress !== undefined && isForThis(progress) ? progress.session.amr : LOGIN_METHODS;
  return judgeAcr(ladder, acrDemand(demands), {
    login: progress && agedLogin(progress, now),
    instead: { amr, age: 0 },
  });
}

/** The login as the ladder sees it: one for this very request stays new for as long as a page takes. */
export function agedLogin(progress: LoginProgress, now: number): AgedLogin {
  const { amr, auth_time } = progress.session;
  const age = now - auth_time;
  return { amr, age: isForThis(progress) && age <= SLOW_READER ? 0 : age };
}

/** Whether the login was made for this very request. */
export function isForThis({ session, interaction }: LoginProgress): boolean {
  return interaction?.authenticated === session.sid;
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
export function isTooOld(
  demands: Pick<Demands, "prompt" | "max_age">,
  auth_time: number,
  now: number,
): boolean {
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
