/** Whether a user code of a device may be tried now: whoever types in what devices show can't try out all there are. */

import type { Config } from "../config/schema.ts";
import { placesOf } from "../lib/address.ts";
import {
  admitGuess,
  type GuessLimit,
  takeBackGuess,
  type ThrottleServer,
} from "../store/throttle.ts";

interface Server extends ThrottleServer {
  readonly config: Pick<Config, "security">;
}

/** Who tries a code. */
export interface UserCodeAttempt {
  /** The network address, IPv6 as its /64. */
  readonly address: string;
  /**
   * The account that this browser was logged in to last, if any. It has a count of its own, so that strangers at the
   * address keep nobody waiting; a count of the browser's would be had anew with each login.
   */
  readonly account?: string | undefined;
}

/**
 * Counts a try before the code is looked up, so that tries at the same moment count too; answers the seconds to wait,
 * 0 to go on. A try that has to wait writes nothing. Throws `StoreError`.
 */
export async function admitUserCode(server: Server, attempt: UserCodeAttempt): Promise<number> {
  return await admitGuess(server, limitsOf(server, attempt));
}

/**
 * Takes back a try that was right. It takes back no other: whoever guesses has right codes too, as anybody can have a
 * device ask for one, and would begin anew with each. Throws `StoreError`.
 */
export async function forgiveUserCode(server: Server, attempt: UserCodeAttempt): Promise<void> {
  await Promise.all(limitsOf(server, attempt).map(({ id }) => takeBackGuess(server, id)));
}

function limitsOf({ config }: Server, { address, account }: UserCodeAttempt): GuessLimit[] {
  // RFC 8628 §5.1: 5 tries, then after 1, 2, 4, … 60 s: 19 in the 10 minutes of a code, each with a chance of 20^-8, make 2^-30
  const { limits: { user_code_tries }, login: { longest_delay } } = config.security;
  const limit = (id: string, limit: number): GuessLimit => ({ id, limit, longest_delay });
  if (account !== undefined) return [limit(`user_code_account\0${account}`, user_code_tries)];
  return placesOf(address).map(({ place, times }) =>
    limit(`user_code\0${place}`, user_code_tries * times)
  );
}
