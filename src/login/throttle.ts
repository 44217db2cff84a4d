/** Whether a password may be tried now: guessing gets slower and slower, and nobody can lock out somebody else. */

import type { Config } from "../config/schema.ts";
import type { Env } from "../lib/env.ts";
import type { Collections } from "../store/collection.ts";

/** A count is forgotten when nothing has been tried for this many seconds. */
const WINDOW = 900;

/** An account tried from everywhere at once is slowed down after this many times the limit of one address. */
const EVERYWHERE = 20;

interface Server {
  readonly env: Pick<Env, "now">;
  readonly config: Pick<Config, "security">;
  readonly records: Pick<Collections, "throttle">;
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

interface Counter {
  readonly id: string;
  /** Tries before each further one has to wait. */
  readonly limit: number;
}

/** Counts a try before it is made, so that tries at the same moment count too; answers the seconds to wait, 0 to go on. */
export async function admitAttempt(server: Server, attempt: Attempt): Promise<number> {
  for (const counter of counters(server, attempt)) {
    const wait = await count(server, counter);
    if (wait > 0) return wait;
  }
  return 0;
}

/** Forgets the tries of somebody who has now logged in. Of the wider counts only this try is taken back. */
export async function forgiveAttempt(server: Server, attempt: Attempt): Promise<void> {
  const [own, ...wider] = counters(server, attempt);
  if (own !== undefined) await server.records.throttle.delete(own.id);
  await Promise.all(wider.map(({ id }) =>
    server.records.throttle.update(
      id,
      (tried) => tried && { ...tried, tries: Math.max(0, tried.tries - 1) },
    )
  ));
}

/** The narrowest first: it refuses before the wider ones are counted. */
function counters(server: Server, { account, address, knownBrowser }: Attempt): Counter[] {
  const { tries_per_account, tries_per_address } = server.config.security.login;
  // A browser that its owner has used before is let through where strangers have spent the account's tries.
  if (knownBrowser !== undefined) {
    return [{ id: `browser\0${account}\0${knownBrowser}`, limit: tries_per_account }];
  }
  return [
    { id: `account\0${account}\0${address}`, limit: tries_per_account },
    { id: `address\0${address}`, limit: tries_per_address },
    { id: `everywhere\0${account}`, limit: tries_per_account * EVERYWHERE },
  ];
}

async function count(server: Server, { id, limit }: Counter): Promise<number> {
  const { longest_delay } = server.config.security.login;
  const now = server.env.now();
  let wait = 0;
  await server.records.throttle.update(id, (tried) => {
    const tries = tried?.tries ?? 0;
    const over = tries - limit;
    // The first try beyond the limit waits a second, every further one twice as long.
    const delay = over < 0 ? 0 : Math.min(longest_delay, 2 ** Math.min(over, 30));
    wait = tried === undefined ? 0 : Math.max(0, tried.last_at + delay - now);
    const expires_at = now + Math.max(WINDOW, longest_delay);
    return wait > 0 ? undefined : { tries: tries + 1, last_at: now, expires_at };
  });
  return wait;
}
