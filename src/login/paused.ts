/** What can be put aside until its person has done something, and how the store keeps it: sealed. */

import { type Bytes, fromUtf8, utf8 } from "../lib/bytes.ts";
import type { Ring } from "../lib/sealing.ts";
import type { AuthorizationRequest } from "../oauth/authorization_request.ts";
import type { LogoutRequest } from "../oauth/logout_request.ts";
import { PATHS } from "../oauth/metadata.ts";
import type { Interaction } from "../store/records.ts";

const PURPOSE = "interaction";

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

interface RingServer {
  readonly ring: Ring;
}

/** What is put aside, as it stands in the store. */
export function sealPaused({ ring }: RingServer, paused: Paused): Bytes {
  return ring.seal(PURPOSE, utf8(JSON.stringify(paused)));
}

/** What was put aside; `undefined`: sealed by a key that is gone, or by an instance of another version, which knows other pages. */
export function openPaused(
  { ring }: RingServer,
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
