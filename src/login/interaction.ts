/** What waits for a person: requests of clients and visits to pages of ours, each bound to the browser that brought it. */

import {
  base64url,
  type Bytes,
  equalInConstantTime,
  fromUtf8,
  sha256,
  sha256Hex,
  utf8,
} from "../lib/bytes.ts";
import type { Env } from "../lib/env.ts";
import type { Ring } from "../lib/sealing.ts";
import type { AuthorizationRequest } from "../oauth/authorization_request.ts";
import type { LogoutRequest } from "../oauth/logout_request.ts";
import { PATHS } from "../oauth/metadata.ts";
import type { Collections } from "../store/collection.ts";
import type { Interaction } from "../store/records.ts";
import type { Check, Write } from "../store/store.ts";

/** How long a request waits for its person, in seconds, from the last step on; and however many steps there are. */
const LIFETIME = 900;
const LONGEST = 3600;

/** A step that comes so soon after the last one that was noted is not noted, in seconds. */
const NOTED = 60;

const PURPOSE = "interaction";

interface Server {
  readonly env: Pick<Env, "now" | "random">;
  readonly records: Pick<Collections, "interaction">;
  readonly ring: Ring;
}

/** The pages of ours that want to know who it is, by name: nobody can have a browser sent anywhere else. */
export const VISITED_PAGES = { account: PATHS.account } as const;

/** Somebody's way to a page of ours. */
export interface PageVisit {
  readonly page: keyof typeof VISITED_PAGES;
  /** As OpenID Connect Core §3.1.2.1 has it. */
  readonly ui_locales: string | undefined;
}

/** Somebody's way to the answer that a device waits for (RFC 8628 §3.3). */
export interface DeviceVisit {
  /** As `parseUserCode` answers it. */
  readonly user_code: string;
  /** Whose code it is: another device may have that very one later. */
  readonly grant_id: string;
  /** As OpenID Connect Core §3.1.2.1 has it. */
  readonly ui_locales: string | undefined;
}

/** What a device hears of its person: a yes, a no, or that this person may not use its client. */
export type DeviceAnswer = "approved" | "denied" | "forbidden";

/** A device that was answered: what its last page needs. */
export interface AnsweredDevice {
  readonly client_id: string;
  readonly answer: DeviceAnswer;
  /** As OpenID Connect Core §3.1.2.1 has it. */
  readonly ui_locales: string | undefined;
}

/** A logout that has happened: what its last page needs. */
export interface FinishedLogout {
  readonly request: LogoutRequest;
  readonly sid: string;
  /** Every client that was answered in the session. */
  readonly clients: readonly string[];
}

/** What is put aside until its person has done something, or has seen what became of it; it survives JSON. */
export type Paused =
  | {
    readonly kind: "authorization";
    readonly request: AuthorizationRequest;
    /** The handle of the pushed request that it began with (RFC 9126). */
    readonly pushed?: string;
  }
  | { readonly kind: "visit"; readonly visit: PageVisit }
  | { readonly kind: "device"; readonly device: DeviceVisit }
  | { readonly kind: "device_answered"; readonly answered: AnsweredDevice }
  /** All that is left of a request that was answered: whose it was. */
  | { readonly kind: "answered"; readonly client_id: string }
  | { readonly kind: "logout"; readonly request: LogoutRequest }
  | { readonly kind: "logged_out"; readonly logout: FinishedLogout };

const KINDS: Readonly<Record<Paused["kind"], true>> = {
  authorization: true,
  visit: true,
  device: true,
  device_answered: true,
  answered: true,
  logout: true,
  logged_out: true,
};

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
      absolute_expires_at: now + LONGEST,
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

function sealPaused({ ring }: Pick<Server, "ring">, paused: Paused): Bytes {
  return ring.seal(PURPOSE, utf8(JSON.stringify(paused)));
}

/** What was put aside; `undefined`: sealed by a key that is gone, or by an instance of another version, which knows other pages. */
export function openPaused(
  { ring }: Pick<Server, "ring">,
  { sealed_request }: Pick<Interaction, "sealed_request">,
): Paused | undefined {
  const opened = ring.open(PURPOSE, sealed_request);
  if (opened === undefined) return undefined;
  const paused: Paused = JSON.parse(fromUtf8(opened));
  const known = paused.kind === "visit"
    ? Object.hasOwn(VISITED_PAGES, paused.visit.page)
    : Object.hasOwn(KINDS, paused.kind);
  return known ? paused : undefined;
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

/**
 * What a form must bring along: it proves that the page came from us to this browser, for `subject` (an interaction,
 * or a page by name), and stands in no address bar. `about` binds it to what the page showed (whose consent was
 * asked, say).
 */
export function formToken(subject: string, browser: string, about = ""): string {
  return base64url(sha256(`form\0${subject}\0${browser}\0${about}`));
}
