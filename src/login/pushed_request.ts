/** Requests that clients have pushed: kept at the server until one of the browsers that bring them has led to an answer (RFC 9126). */

import { fromUtf8, utf8 } from "../lib/bytes.ts";
import type { Env } from "../lib/env.ts";
import { openSealed, type RefreshingRing } from "../keys/open_sealed.ts";
import type { AuthorizationRequest } from "../oauth/authorization_request.ts";
import { OAuthError } from "../oauth/error.ts";
import type { Collections, Read } from "../store/collection.ts";
import type { PushedRequest } from "../store/records.ts";
import type { Store, Write } from "../store/store.ts";
import { newInteraction } from "./interaction.ts";

/** RFC 9126 §2.2: what a `request_uri` of ours begins with; the handle of the record follows. */
export const PUSHED = "urn:ietf:params:oauth:request_uri:";

const PURPOSE = "pushed_request";

/** What keeping pushed requests needs. */
export interface PushedServer {
  readonly env: Pick<Env, "now" | "random">;
  readonly records: Pick<Collections, "pushed_request" | "interaction">;
  readonly store: Pick<Store, "commit">;
  readonly ring: RefreshingRing;
}

/** A pushed request that has not been answered. */
export interface OpenPushed {
  readonly handle: string;
  /** As it was read: whoever commits with its check, and erases it, answers alone. */
  readonly read: Read<PushedRequest>;
}

/** Keeps a request for `lifetime` seconds; answers its `request_uri`. */
export async function keepPushed(
  server: PushedServer,
  request: AuthorizationRequest,
  lifetime: number,
): Promise<string> {
  const { pushed_request } = server.records;
  const handle = pushed_request.handle();
  const usable_until = server.env.now() + lifetime;
  await pushed_request.put(handle, {
    client_id: request.client_id,
    sealed_request: server.ring.seal(PURPOSE, utf8(JSON.stringify(request))),
    usable_until,
    expires_at: usable_until,
  });
  return PUSHED + handle;
}

/**
 * What a client has pushed under this `request_uri`, for a browser that begins with it. Throws `invalid_request_uri`: in
 * the same words whatever the reason, which the log alone hears.
 */
export async function beginPushed(
  server: PushedServer,
  client_id: string,
  request_uri: string,
): Promise<{ readonly request: AuthorizationRequest; readonly pushed: OpenPushed }> {
  const refused = (reason: string) =>
    new OAuthError(
      "invalid_request_uri",
      "request_uri has expired, was used before, or never was",
      {
        reason,
      },
    );
  const handle = request_uri.slice(PUSHED.length);
  const read = await server.records.pushed_request.read(handle);
  if (read === undefined) throw refused("unknown, used or expired");
  // RFC 9126 §2.2: it MUST be bound to the client that pushed it
  if (read.record.client_id !== client_id) throw refused("pushed by another client");
  // RFC 9126 §4: an expired one MUST be rejected, though what has begun with it may go on
  if (server.env.now() >= read.record.usable_until) throw refused("expired");
  const opened = await openSealed(server.ring, PURPOSE, read.record.sealed_request);
  if (opened === undefined) throw refused("sealed by a key that is gone");
  return { request: JSON.parse(fromUtf8(opened)), pushed: { handle, read } };
}

/** A pushed request with which something has begun; `undefined`: it has been answered. */
export async function openPushed(
  { records }: Pick<PushedServer, "records">,
  handle: string,
): Promise<OpenPushed | undefined> {
  const read = await records.pushed_request.read(handle);
  return read && { handle, read };
}

/**
 * Puts aside what a browser has begun with a pushed request, as `pause` does, and keeps that one for as long as this may
 * take, so that it can't be answered twice. Answers the handle of what waits; `undefined`: it has been answered.
 */
export async function pausePushed(
  server: PushedServer,
  request: AuthorizationRequest,
  begun: OpenPushed,
  browser: string | undefined,
): Promise<string | undefined> {
  const paused = { kind: "authorization", request, pushed: begun.handle } as const;
  const { handle, interaction } = newInteraction(server, paused, browser);
  const { pushed_request, interaction: waiting } = server.records;
  const committed = await whileOpen(server, begun, ({ read }) => {
    const expires_at = Math.max(read.record.expires_at, interaction.absolute_expires_at);
    return [
      ...waiting.write(handle, interaction),
      ...pushed_request.rewrite(read, { ...read.record, expires_at }),
    ];
  });
  return committed ? handle : undefined;
}

/** Ends a pushed request, and does `also` in the same commit; `false`: somebody has ended it before, and nothing is done. */
export async function endPushed(
  server: PushedServer,
  pushed: OpenPushed,
  also: readonly Write[],
): Promise<boolean> {
  return await whileOpen(
    server,
    pushed,
    ({ read }) => [...server.records.pushed_request.erase(read), ...also],
  );
}

/** Commits these writes, again with the newer record where another tab has begun meanwhile; `false`: it is answered. */
async function whileOpen(
  server: PushedServer,
  pushed: OpenPushed,
  writesOf: (pushed: OpenPushed) => readonly Write[],
): Promise<boolean> {
  for (let open: OpenPushed | undefined = pushed; open !== undefined;) {
    const commit = { checks: [open.read.check], writes: writesOf(open) };
    if (await server.store.commit(commit)) return true;
    open = await openPushed(server, open.handle);
  }
  return false;
}
