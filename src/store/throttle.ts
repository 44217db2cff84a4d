/** How often something may be tried or done, counted in the store so that all instances count together. */

import type { Env } from "../lib/env.ts";
import type { Collections } from "./collection.ts";
import type { Throttle } from "./records.ts";

/** What counting needs. Every function here throws `StoreError` where the count can't be known: then nothing is admitted. */
export interface ThrottleServer {
  readonly env: Pick<Env, "now">;
  readonly records: Pick<Collections, "throttle">;
}

/** A count of tries is forgotten when nothing has been tried for this many seconds. */
const WINDOW = 900;

/** The clocks of instances differ by less than these seconds; what was written further ahead is of one that was wrong. */
const AHEAD = 60;

/** Guesses at something: so many are free, and each further one waits twice as long as the one before. */
export interface GuessLimit {
  /**
   * What is guessed, and by whom: parts with NUL between them. The first names the kind, so that no two kinds share a
   * count, and only the last may hold a NUL itself.
   */
  readonly id: string;
  /** Tries before each further one has to wait; `Infinity` only counts. */
  readonly limit: number;
  /** The longest wait between two tries, in seconds. */
  readonly longest_delay: number;
}

/**
 * Counts a guess in each of some counts before it is made, so that guesses at the same moment count too; answers the
 * seconds to wait, 0 to go on. A guess that has to wait counts nowhere, and writes nothing unless others at the same
 * moment were faster. Costs one read for all counts, and a read and a commit for each that it is counted in.
 */
export async function admitGuess(
  server: ThrottleServer,
  limits: readonly GuessLimit[],
): Promise<number> {
  const tried = await Promise.all(limits.map(({ id }) => server.records.throttle.get(id)));
  const now = server.env.now();
  const wait = Math.max(0, ...limits.map((limit, i) => waitFor(limit, tried[i], now)));
  if (wait > 0) return wait;
  // One after another: whoever is refused by the first takes nobody's place in the next.
  for (const [counted, limit] of limits.entries()) {
    const wait = await count(server, limit);
    if (wait === 0) continue;
    await Promise.all(limits.slice(0, counted).map(({ id }) => takeBackGuess(server, id)));
    return wait;
  }
  return 0;
}

/** How many guesses stand in a count. */
export async function guessesOf({ env, records }: ThrottleServer, id: string): Promise<number> {
  return standing(await records.throttle.get(id), env.now())?.tries ?? 0;
}

/** Forgets all guesses of a count. */
export async function forgiveGuesses({ records }: ThrottleServer, id: string): Promise<void> {
  await records.throttle.delete(id);
}

/** Takes one guess back. Nothing is left of a count in which no other stands: whoever is sent away fills no store. */
export async function takeBackGuess({ records }: ThrottleServer, id: string): Promise<void> {
  await records.throttle.update(
    id,
    (tried) => tried && (tried.tries > 1 ? { ...tried, tries: tried.tries - 1 } : null),
  );
}

async function count(server: ThrottleServer, limit: GuessLimit): Promise<number> {
  const now = server.env.now();
  let wait = 0;
  await server.records.throttle.update(limit.id, (record) => {
    const tried = standing(record, now);
    wait = waitFor(limit, tried, now);
    if (wait > 0) return undefined;
    const last_at = latest(tried, now);
    const expires_at = last_at + Math.max(WINDOW, limit.longest_delay);
    return { tries: (tried?.tries ?? 0) + 1, last_at, expires_at };
  });
  return wait;
}

/** The first try beyond the limit waits a second after the one before, every further one twice as long. */
function waitFor(
  { limit, longest_delay }: GuessLimit,
  record: Throttle | undefined,
  now: number,
): number {
  const tried = standing(record, now);
  if (tried === undefined || tried.tries < limit) return 0;
  const delay = 2 ** Math.min(tried.tries - limit, 30);
  return Math.max(0, tried.last_at + Math.min(longest_delay, delay) - now);
}

/** What counts of a record: without this a clock that was set back would keep everybody waiting until it is there again. */
function standing(record: Throttle | undefined, now: number): Throttle | undefined {
  return record !== undefined && record.last_at <= now + AHEAD ? record : undefined;
}

/** A moment never goes back: or else two clocks in turn would let the time between them pass again and again. */
function latest(record: Throttle | undefined, now: number): number {
  return Math.max(now, record?.last_at ?? now);
}

/** Things that may be done at a rate: a bucket of so many tokens, of which one comes back every so often. */
export interface Rate {
  /** As `GuessLimit` has it. */
  readonly id: string;
  /** How many may be done at once; a whole number. */
  readonly burst: number;
  /** After how many seconds all of them may be done again; a whole number. */
  readonly per: number;
}

/**
 * Does one thing more, at each of some rates in turn; answers the seconds to wait, 0 where it may be done. The first rate
 * at which it may not ends the turn, and writes nothing.
 */
export async function spend(server: ThrottleServer, ...rates: readonly Rate[]): Promise<number> {
  for (const rate of rates) {
    const wait = await spendOne(server, rate);
    if (wait > 0) return wait;
  }
  return 0;
}

async function spendOne(server: ThrottleServer, { id, burst, per }: Rate): Promise<number> {
  const now = server.env.now();
  let wait = 0;
  await server.records.throttle.update(id, (record) => {
    const spent = standing(record, now);
    const last_at = latest(spent, now);
    // Parts of a token, `per` of which make one and `burst` of which come back each second: whole numbers stay exact.
    const before = spent === undefined ? 0 : Math.round(spent.tries * per);
    const back = spent === undefined ? 0 : (last_at - spent.last_at) * burst;
    const parts = Math.max(0, before - back) + per;
    wait = Math.max(0, Math.ceil((parts - burst * per) / burst));
    if (wait > 0) return undefined;
    return { tries: parts / per, last_at, expires_at: last_at + Math.ceil(parts / burst) };
  });
  return wait;
}
