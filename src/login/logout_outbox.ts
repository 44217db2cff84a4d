/** How clients that could not be reached hear of a logout after all: any instance tries again, for a day. */

import { jitter, repeat } from "../lib/background.ts";
import type { Read } from "../store/collection.ts";
import type { LogoutNotice } from "../store/records.ts";
import type { Key } from "../store/store.ts";
import { type NotifyingServer, sendNotice } from "./logout_notices.ts";

/** How long after a try that has begun the next one may: it is over long before, and then a client needs time to recover. */
const PAUSES = [10, 30, 120, 600, 1800, 3600] as const;

/** After so many seconds a notice is given up: a session that lived so long at the client has ended by itself. */
const GIVEN_UP_AFTER = 86_400;

/** So many notices are read at a look; where more wait, the next look reads on. */
const PAGE = 500;

/** So many are sent at once. */
const AT_ONCE = 20;

/** For how long the other notices of a client that is not there are put off, in seconds: those of all others don't wait behind it. */
const PUT_OFF = 60;

/** Milliseconds between two looks at a store of our own, where an empty look costs nothing, and at one that has reads paid for. */
const REST = { own: 5000, paid: 30_000 } as const;

/**
 * Looks for notices until `signal` aborts; resolves once what was being sent then has been noted, within seconds. Never
 * rejects. A look at an empty outbox is one read: in a store that is `paid` for 2,880 a day and instance.
 */
export async function deliverForever(
  current: () => NotifyingServer,
  cost: keyof typeof REST,
  signal: AbortSignal,
): Promise<void> {
  let after: Key | undefined;
  const rounds = { every: REST[cost], signal, failed: "logout.outbox_failed" };
  await repeat(current, rounds, async (server) => {
    const from = after;
    after = undefined;
    after = await deliverDue(server, from, signal);
  });
}

/** Sends the notices of a page that are due, until `signal` aborts; answers where the next page begins. Throws `StoreError`. */
export async function deliverDue(
  server: NotifyingServer,
  after?: Key,
  signal?: AbortSignal,
): Promise<Key | undefined> {
  const { found, next } = await server.records.logout_notice.list({ limit: PAGE, after });
  const due = found.filter(({ record }) => record.due_at <= server.env.now());
  const away = new Set<string>();
  const sendNext = async () => {
    for (let read = due.shift(); read !== undefined && !signal?.aborted; read = due.shift()) {
      const { client_id } = read.record;
      if (!await claimAndSend(server, read, away.has(client_id))) away.add(client_id);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, sendNext));
  return next;
}

/** Whether the client was there, as far as this tells. */
async function claimAndSend(
  server: NotifyingServer,
  read: Read<LogoutNotice>,
  away: boolean,
): Promise<boolean> {
  const { env, records } = server;
  const { record } = read;
  const now = env.now();
  if (now >= record.created_at + GIVEN_UP_AFTER) {
    const given = await records.logout_notice.take(record.jti);
    if (given !== undefined) env.log.error("logout.notice.abandoned", membersOf(given));
    return true;
  }
  const pause = away ? PUT_OFF : PAUSES[Math.min(record.tries, PAUSES.length - 1)] ?? 0;
  const claimed = {
    ...record,
    tries: record.tries + (away ? 0 : 1),
    due_at: now + Math.ceil(pause * jitter(env)),
  };
  // Of all instances that see it now, one moves it ahead and sends it. Should it die at that, the next try is due all the same.
  const mine = await records.logout_notice.replace(read, claimed);
  return mine && !away ? await sendNotice(server, claimed) : true;
}

function membersOf({ client_id, sub, sid, jti, tries }: LogoutNotice): Record<string, unknown> {
  return { client_id, sub, sid, jti, tries };
}
