/** What does an instance know of the server's own keys, how old is that, and how does it learn more? */

import type { KeyPolicy } from "../config/key_policy.ts";
import { coalesce } from "../lib/coalesce.ts";
import type { ScheduledKey } from "../store/records.ts";
import { takeOver } from "./earlier_format.ts";
import { KeyError } from "./error.ts";
import type { HeldKey } from "./held.ts";
import { type OpenedKeys, openManagedKeys, tendSchedule } from "./managed.ts";
import { sealedKeys } from "./reseal.ts";
import { findSchedule, type ManagedKeysServer, readSchedule } from "./schedule.ts";
import { GONE } from "./schedule_shape.ts";

/** The server's own keys, as an instance knows them. */
export interface ManagedKeys {
  /** Those that can be used, in the order in which they were made; the same list as long as nothing changes. */
  readonly held: readonly HeldKey[];
  /**
   * Whether the instance may sign with them at `now`: not once it has been without an answer from the store for
   * `propagation`, for then others may have followed of which it knows nothing.
   */
  isFresh(now: number): boolean;
  /** How old the last answer of the store is at `now`, in seconds. */
  ageAt(now: number): number;
  /** Throws `KeyError` for a key that is there and can't be opened here: what it has signed is not to be called invalid. */
  requireOpened(kid: string): void;
  /**
   * Learns what others have done. What can't be opened is logged, once: `key.tend_failed`. Throws `StoreError`, and
   * `KeyError` where the schedule is damaged or gone: what is known stays then.
   */
  refresh(): Promise<void>;
  /** Does what is to be done now, and learns what others have done. Throws as `refresh` does. */
  tend(): Promise<void>;
}

/**
 * The server's own keys as they stand; nothing is made and nobody signs with them before they are tended. Throws
 * `KeyError` with every key that can't be opened, `StoreError` as the store does.
 */
export async function followManaged(
  server: ManagedKeysServer,
  policy: KeyPolicy,
): Promise<ManagedKeys> {
  const { env } = server;
  let known: OpenedKeys = { held: [], unopened: new Map() };
  let seen: readonly ScheduledKey[] = [];
  let read_at = -Infinity;
  let begun = 0;
  let adopted = 0;
  /** Whether what was read is newer than what is known. */
  const adopt = async (read: () => Promise<readonly ScheduledKey[]>): Promise<boolean> => {
    const turn = ++begun;
    const asked_at = env.now();
    const schedule = await read();
    const keys = new Map(known.held.map(({ kid, key }) => [kid, key]));
    const before = new Map(seen.map(({ kid, created_at }) => [kid, created_at]));
    const opened = await openManagedKeys(
      server,
      schedule,
      policy,
      // Whoever retires a key with a name of its own may import another one by that name.
      ({ kid, created_at }) => before.get(kid) === created_at ? keys.get(kid) : undefined,
    );
    // One that began later has read what this one has.
    if (turn < adopted) return false;
    adopted = turn;
    read_at = asked_at;
    seen = schedule;
    const problems = [...opened.unopened.values()];
    if (problems.some((problem) => !isAmong(problem, known))) {
      env.log.error("key.tend_failed", { problems });
    }
    known = { ...opened, held: areSame(known.held, opened.held) ? known.held : opened.held };
    return true;
  };
  seen = await startingSchedule(server);
  known = await openManagedKeys(server, seen, policy, () => undefined);
  if (known.unopened.size > 0) throw new KeyError(...known.unopened.values());
  const refresh = coalesce(async () => {
    await adopt(async () => {
      const schedule = await findSchedule(server);
      if (schedule === undefined && known.held.length > 0) throw new KeyError(GONE);
      return schedule ?? [];
    });
  });
  const tend = coalesce(async () => {
    // What was learned while it ran may not have it yet.
    if (!await adopt(() => tendSchedule(server, policy, known.unopened, known.held))) {
      await refresh();
    }
  });
  // A clock that was set back says as little as one that has gone on.
  const ageAt = (now: number) => Math.abs(now - read_at);
  return {
    get held() {
      return known.held;
    },
    ageAt,
    isFresh: (now) => ageAt(now) <= policy.propagation,
    requireOpened(kid) {
      const problem = known.unopened.get(kid);
      if (problem !== undefined) throw new KeyError(problem);
    },
    refresh,
    tend,
  };
}

/** What stands there, or is taken over from format 4. Throws `KeyError` where there are keys and no schedule, for somebody has lost it. */
async function startingSchedule(server: ManagedKeysServer): Promise<readonly ScheduledKey[]> {
  const found = await readSchedule(server);
  if (found.length > 0) return found;
  const taken = await takeOver(server);
  if (taken.length > 0 || (await sealedKeys(server)).length === 0) return taken;
  // Another instance may have made the first keys since.
  const schedule = await readSchedule(server);
  if (schedule.length === 0) throw new KeyError(GONE);
  return schedule;
}

function isAmong(problem: string, { unopened }: OpenedKeys): boolean {
  return [...unopened.values()].includes(problem);
}

function areSame(some: readonly HeldKey[], others: readonly HeldKey[]): boolean {
  return some.length === others.length && some.every((one, index) => {
    const other = others[index];
    return one.key === other?.key && one.signs_from === other.signs_from &&
      one.retires_at === other.retires_at;
  });
}
