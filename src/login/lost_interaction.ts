/** What became of an interaction that can't go on, as far as the browser that asks may know. */

import type { Ring } from "../lib/sealing.ts";
import type { Collections } from "../store/collection.ts";
import { isFor, openPaused, type Paused } from "./interaction.ts";

interface Server {
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
  { records, ring }: Server,
  handle: string | undefined,
  browser: string,
): Promise<Lost> {
  if (handle === undefined) return { loss: "unknown", client_id: undefined };
  const living = await records.interaction.get(handle);
  const record = living ?? await records.interaction.ended(handle);
  if (record === undefined) return { loss: "unknown", client_id: undefined };
  // Whose it is nobody knows before a browser has come with it, and then no other learns anything of it.
  if (record.browser !== undefined && !isFor(record, browser)) {
    return { loss: "foreign", client_id: undefined };
  }
  const paused = openPaused({ ring }, record);
  if (paused === undefined || record.browser === undefined) {
    return { loss: living === undefined ? "expired" : "unknown", client_id: undefined };
  }
  const loss = paused.kind === "answered" || paused.kind === "device_answered"
    ? "answered"
    : living === undefined
    ? "expired"
    : "unknown";
  return { loss, client_id: clientOf(paused) };
}

function clientOf(paused: Paused): string | undefined {
  if (paused.kind === "authorization") return paused.request.client_id;
  return paused.kind === "answered" ? paused.client_id : undefined;
}
