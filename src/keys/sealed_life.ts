/** For how long must what the ring has sealed be opened? Whoever seals something new adds it here. */

import type { Config } from "../config/schema.ts";

/** What the lives of sealed things depend on. */
export type SealingConfig = Pick<Config, "sessions" | "tokens"> & {
  readonly clients: readonly Pick<Config["clients"][number], "refresh_token_grace">[];
};

/** How long a browser is known to be its owner's, in seconds. */
export const KNOWN_BROWSER_LIFETIME = 180 * 86_400;

/** How long a request waits for its person at most, in seconds, however many steps there are. */
export const LONGEST_INTERACTION = 3600;

/** How long the link of a refused request is good, in seconds. */
export const CHECK_LIFETIME = 900;

/** What is left of an interaction says for these seconds more what became of it. */
const REMAINS = 2 * 3600;

/**
 * The longest that something lives which is sealed for each purpose, in seconds, from the moment of sealing. Managed
 * keys (`signing_key`) live on, and are sealed anew instead.
 */
export const SEALED_LIFE: Readonly<Record<string, (config: SealingConfig) => number>> = {
  session_cookie: ({ sessions }) => sessions.absolute_lifetime,
  // It binds a browser to what waits for its person, and is sealed anew whenever it comes.
  browser_cookie: () => LONGEST_INTERACTION + REMAINS,
  known_browser: () => KNOWN_BROWSER_LIFETIME,
  interaction: () => LONGEST_INTERACTION + REMAINS,
  pushed_request: ({ tokens }) => tokens.pushed_request_lifetime + LONGEST_INTERACTION,
  authorization_check: () => CHECK_LIFETIME,
  refresh_token: ({ clients }) =>
    Math.max(0, ...clients.map(({ refresh_token_grace }) => refresh_token_grace)),
};

/** The longest of all, in seconds. */
export function longestLife(config: SealingConfig): number {
  return Math.max(...Object.values(SEALED_LIFE).map((life) => life(config)));
}
