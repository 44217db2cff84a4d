/** What became of an interaction that can't go on, as far as the browser that asks may know. */

import type { Env } from "../lib/env.ts";
import type { Ring } from "../lib/sealing.ts";
import type { Collections } from "../store/collection.ts";
import { isAlive } from "../store/records.ts";
import { isFor } from "./interaction.ts";
import { openPaused, type Paused } from "./paused.ts";

interface Server {
  readonly env: Pick<Env, "now">;
  readonly records: Pick<Collections, "interaction">;
  readonly ring: Ring;
}

/** Why it can't. */
export type Loss =
  /** Nobody knows it, or not any more. */
  | "unknown"
  /** Another browser has begun it. */
  | "foreign"
  | "expired"
  | "answered";

/** What became of it. */
export interface Lost {
  readonly loss: Loss;
  /** The client that has sent this very browser; `undefined` where that is not for it to know, or there was none. */
  readonly client_id: string | undefined;
}

/** What became of an interaction that `openInteraction` did not open, or that was answered. */
export async function findLost(
  { env, records, ring }: Server,
  handle: string | undefined,
  browser: string,
): Promise<Lost> {
  if (handle === undefined) return { loss: "unknown", client_id: undefined };
  const record = await records.interaction.remains(handle);
  if (record === undefined) return { loss: "unknown", client_id: undefined };
  // Whose it is nobody knows before a browser has come with it, and then no other learns anything of it.
  if (record.browser !== undefined && !isFor(record, browser)) {
    return { loss: "foreign", client_id: undefined };
  }
  const paused = openPaused({ ring }, record);
  const loss = isAlive(record, env.now()) ? "unknown" : "expired";
  if (paused === undefined || record.browser === undefined) return { loss, client_id: undefined };
  const answered = paused.kind === "answered" || paused.kind === "device_answered";
  return { loss: answered ? "answered" : loss, client_id: clientOf(paused) };
}

function clientOf(paused: Paused): string | undefined {
  if (paused.kind === "authorization") return paused.request.client_id;
  return paused.kind === "answered" ? paused.client_id : undefined;
}
