/** Authorization requests that wait for a person, each bound to the browser that brought it. */

import { base64url, equalInConstantTime, fromUtf8, sha256, sha256Hex, utf8 } from "../lib/bytes.ts";
import type { Env } from "../lib/env.ts";
import type { Ring } from "../lib/sealing.ts";
import type { AuthorizationRequest } from "../oauth/authorization_request.ts";
import type { Collections } from "../store/collection.ts";
import type { Interaction } from "../store/records.ts";
import type { Check } from "../store/store.ts";

/** How long a request waits for its person, in seconds. */
const LIFETIME = 900;
const PURPOSE = "interaction";

interface Server {
  readonly env: Pick<Env, "now" | "random">;
  readonly records: Pick<Collections, "interaction">;
  readonly ring: Ring;
}

/** A waiting request that this browser may go on with. */
export interface OpenInteraction {
  readonly handle: string;
  readonly interaction: Interaction;
  readonly request: AuthorizationRequest;
  /** That nothing has happened to it since it was read: whoever commits with this ends it alone. */
  readonly check: Check;
}

/** Puts a request aside; answers its handle. Without `browser` the first browser that comes with the handle claims it. */
export async function pauseRequest(
  server: Server,
  request: AuthorizationRequest,
  browser: string | undefined,
): Promise<string> {
  const handle = server.records.interaction.handle();
  await server.records.interaction.put(handle, {
    sealed_request: await server.ring.seal(PURPOSE, utf8(JSON.stringify(request))),
    browser: browser === undefined ? undefined : sha256Hex(browser),
    authenticated: undefined,
    selected: undefined,
    consented: undefined,
    expires_at: server.env.now() + LIFETIME,
  });
  return handle;
}

/** The waiting request, if it lives and is this browser's; an unclaimed one becomes it. */
export async function openInteraction(
  server: Server,
  handle: string | undefined,
  browser: string,
): Promise<OpenInteraction | undefined> {
  if (handle === undefined) return undefined;
  const mine = sha256Hex(browser);
  let found = await server.records.interaction.read(handle);
  if (found !== undefined && found.record.browser === undefined) {
    await server.records.interaction.update(
      handle,
      (waiting) =>
        waiting?.browser === undefined && waiting ? { ...waiting, browser: mine } : undefined,
    );
    found = await server.records.interaction.read(handle);
  }
  if (found?.record.browser === undefined) return undefined;
  const { record, check } = found;
  if (!equalInConstantTime(found.record.browser, mine)) return undefined;
  const opened = await server.ring.open(PURPOSE, record.sealed_request);
  if (opened === undefined) return undefined;
  return { handle, interaction: record, request: JSON.parse(fromUtf8(opened)), check };
}

/** Notes what the person has done; whether the interaction still lives. */
export async function noteProgress(
  server: Pick<Server, "records">,
  handle: string,
  progress: Partial<Pick<Interaction, "authenticated" | "selected" | "consented">>,
): Promise<boolean> {
  const noted = await server.records.interaction.update(
    handle,
    (waiting) => waiting && { ...waiting, ...progress },
  );
  return noted !== undefined;
}

/**
 * What a form must bring along: it proves that the page came from us to this browser, for this request, and stands
 * in no address bar. `about` binds it to what the page showed (whose consent was asked, say).
 */
export function formToken(handle: string, browser: string, about = ""): string {
  return base64url(sha256(`form\0${handle}\0${browser}\0${about}`));
}
