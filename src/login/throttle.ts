/** Whether a password may be tried now: guessing gets slower and slower, and nobody can lock out somebody else. */

import type { Config } from "../config/schema.ts";
import { networkOf } from "../lib/address.ts";
import type { Env } from "../lib/env.ts";
import type { Collections } from "../store/collection.ts";
import type { Throttle } from "../store/records.ts";

/** A count is forgotten when nothing has been tried for this many seconds. */
const WINDOW = 900;

/** An account is under attack from everywhere after this many times the tries that one address has. */
const EVERYWHERE = 20;

/** An IPv6 /48, which is one site's, has this many times the tries of one of its /64s. */
const PER_NETWORK = 5;

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

/**
 * Counts a try before it is made, so that tries at the same moment count too; answers the seconds to wait, 0 to go on.
 * A try that has to wait writes nothing.
 */
export async function admitAttempt(server: Server, attempt: Attempt): Promise<number> {
  const known = await server.records.throttle.get(everywhere(attempt));
  const counted = counters(server, attempt, known?.tries ?? 0);
  const tried = await Promise.all(counted.map(({ id }) => server.records.throttle.get(id)));
  const wait = Math.max(0, ...counted.map((counter, i) => waitFor(server, counter, tried[i])));
  if (wait > 0) return wait;
  for (const counter of counted) {
    const wait = await count(server, counter);
    if (wait > 0) return wait;
  }
  return 0;
}

/** Forgets the tries of somebody who has now logged in. Of the wider counts only this try is taken back. */
export async function forgiveAttempt(server: Server, attempt: Attempt): Promise<void> {
  const [own, ...wider] = counters(server, attempt);
  if (own !== undefined) await server.records.throttle.delete(own.id);
  await Promise.all(wider.map((counter) => takeBack(server, counter)));
}

/** Takes back a try that was admitted and could not be made. */
export async function takeBackAttempt(server: Server, attempt: Attempt): Promise<void> {
  await Promise.all(counters(server, attempt).map((counter) => takeBack(server, counter)));
}

/** What counts a try, the narrowest first. `triesEverywhere`: how often the account was tried from anywhere. */
function counters(server: Server, attempt: Attempt, triesEverywhere = 0): Counter[] {
  const { account, address, knownBrowser } = attempt;
  const { tries_per_account, tries_per_address } = server.config.security.login;
  // A browser that its owner has used before is let through where strangers have spent the account's tries.
  if (knownBrowser !== undefined) {
    return [{ id: `browser\0${account}\0${knownBrowser}`, limit: tries_per_account }];
  }
  // Under attack from many addresses each has one try at once: the owner's, wherever that is, among them.
  const attacked = triesEverywhere >= tries_per_account * EVERYWHERE;
  const network = networkOf(address);
  return [
    { id: `account\0${account}\0${address}`, limit: attacked ? 1 : tries_per_account },
    { id: `address\0${address}`, limit: tries_per_address },
    ...network === undefined
      ? []
      : [{ id: `network\0${network}`, limit: tries_per_address * PER_NETWORK }],
    { id: everywhere(attempt), limit: Infinity },
  ];
}

function everywhere({ account }: Attempt): string {
  return `everywhere\0${account}`;
}

async function count(server: Server, counter: Counter): Promise<number> {
  const now = server.env.now();
  const expires_at = now + Math.max(WINDOW, server.config.security.login.longest_delay);
  let wait = 0;
  await server.records.throttle.update(counter.id, (tried) => {
    wait = waitFor(server, counter, tried);
    return wait > 0 ? undefined : { tries: (tried?.tries ?? 0) + 1, last_at: now, expires_at };
  });
  return wait;
}

/** The first try beyond the limit waits a second after the one before, every further one twice as long. */
function waitFor(server: Server, { limit }: Counter, tried: Throttle | undefined): number {
  if (tried === undefined || tried.tries < limit) return 0;
  const delay = 2 ** Math.min(tried.tries - limit, 30);
  const { longest_delay } = server.config.security.login;
  return Math.max(0, tried.last_at + Math.min(longest_delay, delay) - server.env.now());
}

async function takeBack(server: Server, { id }: Counter): Promise<void> {
  await server.records.throttle.update(
    id,
    (tried) => tried && { ...tried, tries: Math.max(0, tried.tries - 1) },
  );
}
