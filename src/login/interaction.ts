/** What waits for a person: how it is put aside, opened in the browser that it is bound to, and ended. */

import { LONGEST_INTERACTION } from "../keys/sealed_life.ts";
import { equalInConstantTime, sha256Hex } from "../lib/bytes.ts";
import type { Env } from "../lib/env.ts";
import type { Ring } from "../lib/sealing.ts";
import type { Collections } from "../store/collection.ts";
import type { Interaction } from "../store/records.ts";
import type { Check, Write } from "../store/store.ts";
import { openPaused, type Paused, sealPaused } from "./paused.ts";

/** How long a request waits for its person, in seconds, from the last step on. */
const LIFETIME = 900;

/** A step that comes so soon after the last one that was noted is not noted, in seconds. */
const NOTED = 60;

interface Server {
  readonly env: Pick<Env, "now" | "random">;
  readonly records: Pick<Collections, "interaction">;
  readonly ring: Ring;
}

/** Something that waits, and that this browser may go on with. */
export interface OpenInteraction {
  readonly handle: string;
  readonly interaction: Interaction;
  readonly paused: Paused;
  /** That nothing has happened to it since it was read: whoever commits with this ends it alone. */
  readonly check: Check;
}

/** Puts something aside; answers its handle. Without `browser` the first browser that comes with the handle claims it. */
export async function pause(
  server: Server,
  paused: Paused,
  browser: string | undefined,
): Promise<string> {
  const { handle, interaction } = newInteraction(server, paused, browser);
  await server.records.interaction.put(handle, interaction);
  return handle;
}

/** What `pause` stores, for a commit of one's own. */
export function newInteraction(
  server: Server,
  paused: Paused,
  browser: string | undefined,
): { readonly handle: string; readonly interaction: Interaction } {
  const now = server.env.now();
  return {
    handle: server.records.interaction.handle(),
    interaction: {
      sealed_request: sealPaused(server, paused),
      browser: browser === undefined ? undefined : sha256Hex(browser),
      authenticated: undefined,
      selected: undefined,
      consented: undefined,
      absolute_expires_at: now + LONGEST_INTERACTION,
      expires_at: now + LIFETIME,
    },
  };
}

/** What waits, if it lives and is this browser's; what is unclaimed becomes it. That somebody has come is a step of theirs. */
export async function openInteraction(
  server: Server,
  handle: string | undefined,
  browser: string,
): Promise<OpenInteraction | undefined> {
  if (handle === undefined) return undefined;
  const { interaction } = server.records;
  let found = await interaction.read(handle);
  if (found === undefined || !isFor(found.record, browser)) return undefined;
  const now = server.env.now();
  if (found.record.browser === undefined || isWorthNoting(found.record, now)) {
    const mine = sha256Hex(browser);
    await interaction.update(
      handle,
      (waiting) =>
        waiting && isFor(waiting, browser)
          ? { ...waiting, browser: mine, expires_at: slid(waiting, now) }
          : undefined,
    );
    // The check has to be that of what stands there now.
    found = await interaction.read(handle);
  }
  if (found === undefined || !isFor(found.record, browser)) return undefined;
  const { record, check } = found;
  const paused = openPaused(server, record);
  return paused && { handle, interaction: record, paused, check };
}

/** Whether a browser may go on with it: its own, or any while none has come. */
export function isFor({ browser: owner }: Pick<Interaction, "browser">, browser: string): boolean {
  return owner === undefined || equalInConstantTime(owner, sha256Hex(browser));
}

/** Whether a step of now makes it end so much later that it is written down: about once a minute, and at the last. */
function isWorthNoting(
  waiting: Pick<Interaction, "absolute_expires_at" | "expires_at">,
  now: number,
): boolean {
  const end = slid(waiting, now);
  const last = end === waiting.absolute_expires_at;
  return end > waiting.expires_at && (last || end >= waiting.expires_at + NOTED);
}

/** When it ends, if its person takes a step now. */
function slid(
  { absolute_expires_at, expires_at }: Pick<Interaction, "absolute_expires_at" | "expires_at">,
  now: number,
): number {
  return Math.max(expires_at, Math.min(absolute_expires_at, now + LIFETIME));
}

/** Puts something else in the place of what waited, under the same handle, where that still lives. */
export async function turnInto(server: Server, handle: string, paused: Paused): Promise<void> {
  const sealed_request = sealPaused(server, paused);
  await server.records.interaction.update(
    handle,
    (waiting) =>
      waiting && { ...waiting, sealed_request, expires_at: slid(waiting, server.env.now()) },
  );
}

/** Notes that a request of a client is answered; `false`: it was before, by another tab. One that has ended since may be. */
export async function endRequest(
  server: Server,
  handle: string,
  client_id: string,
): Promise<boolean> {
  const sealed_request = sealPaused(server, { kind: "answered", client_id });
  let first = true;
  await server.records.interaction.update(handle, (waiting) => {
    first = waiting === undefined || openPaused(server, waiting)?.kind === "authorization";
    return waiting && first ? { ...waiting, sealed_request } : undefined;
  });
  return first;
}

/** The writes of `turnInto`, for a commit with the check of what was opened. */
export function turnedInto(
  server: Pick<Server, "records" | "ring">,
  { interaction, check }: Pick<OpenInteraction, "interaction" | "check">,
  paused: Paused,
): readonly Write[] {
  const sealed_request = sealPaused(server, paused);
  return server.records.interaction.rewrite({ record: interaction, check }, {
    ...interaction,
    sealed_request,
  });
}

/** Notes what the person has done; whether the interaction still lives. */
export async function noteProgress(
  server: Pick<Server, "env" | "records">,
  handle: string,
  progress: Partial<Pick<Interaction, "authenticated" | "selected" | "consented">>,
): Promise<boolean> {
  const noted = await server.records.interaction.update(
    handle,
    (waiting) =>
      waiting && { ...waiting, ...progress, expires_at: slid(waiting, server.env.now()) },
  );
  return noted !== undefined;
}
