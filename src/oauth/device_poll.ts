/** What a device that polls hears, and what is noted of its poll (RFC 8628 §3.5). */

import { OAuthError } from "./error.ts";

/**
 * Moments are whole seconds, of the clocks of several instances, which differ by a little: by so much a poll may seem
 * to come sooner than it did. A device that keeps to its interval would else be slowed down again and again.
 */
const CLOCKS_DIFFER = 1;

/** What a person has answered. Only `pending` turns into something else. */
export type DeviceState = "pending" | "approved" | "denied";

/** As much of a device authorization as a poll is judged by; times are NumericDates. */
export interface PolledDevice {
  readonly state: DeviceState;
  /** How many seconds have to lie between two polls. */
  readonly interval: number;
  /** When it polled last; `undefined`: never. */
  readonly polled_at: number | undefined;
  /** From this second on its code is no longer good. */
  readonly code_expires_at: number;
}

/** What is noted of a poll. */
export type PollNote = Pick<PolledDevice, "interval" | "polled_at">;

/** What comes of a poll. */
export interface PollVerdict {
  /** Why the device gets nothing now; `undefined`: its person has allowed it. */
  readonly refusal: OAuthError | undefined;
  /** What is to be noted; `undefined`: nothing changes. */
  readonly note: PollNote | undefined;
}

/** RFC 8628 §3.5: by how many seconds every poll that comes too early prolongs the interval. */
const SLOWER_BY = 5;

/**
 * Judges a poll. The answer of the person comes first, whenever it is heard, then the end of the code, and only then
 * how often the device polls: who may go on, or has to begin anew, is not told to slow down.
 */
export function judgePoll(device: PolledDevice, now: number): PollVerdict {
  const { state, code_expires_at } = device;
  if (state === "denied") return refuse("access_denied", "the person has refused it");
  if (now >= code_expires_at) return refuse("expired_token", "the device code has expired");
  if (state === "approved") return { refusal: undefined, note: undefined };
  return judgePace(device, now);
}

/** Whether a device that has to wait waits long enough between its polls. */
function judgePace(
  { interval, polled_at, code_expires_at }: PolledDevice,
  now: number,
): PollVerdict {
  const pending = (note?: PollNote) =>
    refuse("authorization_pending", "the person has not answered yet", note);
  if (polled_at === undefined) return pending({ interval, polled_at: now });
  // By a clock that is far ahead: how long ago that was can't be told here, and is nothing to blame the device for.
  if (polled_at > now) return pending();
  const due = polled_at + interval;
  if (now > polled_at && now >= due - CLOCKS_DIFFER) return pending({ interval, polled_at: now });
  // Every poll is too early from here on until the code ends: whoever hammers has the store write no more.
  const note = due >= code_expires_at
    ? undefined
    : { interval: interval + SLOWER_BY, polled_at: now };
  return refuse("slow_down", "the device polls too often", note);
}

function refuse(
  code: "access_denied" | "expired_token" | "authorization_pending" | "slow_down",
  description: string,
  note?: PollNote,
): PollVerdict {
  return { refusal: new OAuthError(code, description), note };
}
