/** Whether a password may be tried now: guessing gets slower and slower, and nobody can lock out somebody else. */

import type { Config } from "../config/schema.ts";
import { placesOf } from "../lib/address.ts";
import {
  admitGuess,
  forgiveGuesses,
  guessesOf,
  type GuessLimit,
  takeBackGuess,
  type ThrottleServer,
} from "../store/throttle.ts";

/** An account is under attack from everywhere after this many times the tries that one address has. */
const EVERYWHERE = 20;

interface Server extends ThrottleServer {
  readonly config: Pick<Config, "security">;
}

/** Who tries which account. */
export interface Attempt {
  /** The account in the form in which user names are compared, whether it exists or not. */
  readonly account: string;
  /** The network address, IPv6 as its /64. */
  readonly address: string;
  /** The browser's own name, where it has logged in to this account before: it has a count of its own. */
  readonly knownBrowser: string | undefined;
}

/**
 * Counts a try before it is made, so that tries at the same moment count too; answers the seconds to wait, 0 to go on.
 * A try that has to wait writes nothing.
 */
export async function admitAttempt(server: Server, attempt: Attempt): Promise<number> {
  const tries = await guessesOf(server, everywhere(attempt));
  return await admitGuess(server, limitsOf(server, attempt, tries));
}

/** Forgets the tries of somebody who has now logged in. Of the wider counts only this try is taken back. */
export async function forgiveAttempt(server: Server, attempt: Attempt): Promise<void> {
  const [own, ...wider] = limitsOf(server, attempt);
  if (own !== undefined) await forgiveGuesses(server, own.id);
  await Promise.all(wider.map(({ id }) => takeBackGuess(server, id)));
}

/** Takes back a try that was admitted and could not be made. */
export async function takeBackAttempt(server: Server, attempt: Attempt): Promise<void> {
  await Promise.all(limitsOf(server, attempt).map(({ id }) => takeBackGuess(server, id)));
}

/** What counts a try, the narrowest first. `triesEverywhere`: how often the account was tried from anywhere. */
function limitsOf(server: Server, attempt: Attempt, triesEverywhere = 0): GuessLimit[] {
  const { account, address, knownBrowser } = attempt;
  const { tries_per_account, tries_per_address, longest_delay } = server.config.security.login;
  const limit = (id: string, limit: number): GuessLimit => ({ id, limit, longest_delay });
  // A browser that its owner has used before is let through where strangers have spent the account's tries.
  if (knownBrowser !== undefined) {
    return [limit(`browser\0${knownBrowser}\0${account}`, tries_per_account)];
  }
  // Under attack from many addresses each has one try at once: the owner's, wherever that is, among them.
  const attacked = triesEverywhere >= tries_per_account * EVERYWHERE;
  return [
    limit(`account\0${address}\0${account}`, attacked ? 1 : tries_per_account),
    ...placesOf(address).map(({ place, times }) =>
      limit(`address\0${place}`, tries_per_address * times)
    ),
    limit(everywhere(attempt), Infinity),
  ];
}

function everywhere({ account }: Attempt): string {
  return `everywhere\0${account}`;
}
