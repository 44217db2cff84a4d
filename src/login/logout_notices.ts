/** How a client hears of the end of a session: a logout token is posted to it (OpenID Connect Back-Channel Logout §2.5). */

import type { ClientRegistry } from "../clients/registry.ts";
import type { Env } from "../lib/env.ts";
import { callOut, type OutboundServer } from "../lib/outbound.ts";
import { OutboundError, settingOf } from "../lib/outbound_error.ts";
import type { Client } from "../oauth/client.ts";
import type { Collections } from "../store/collection.ts";
import type { LogoutNotice } from "../store/records.ts";
import { issueLogoutToken, type LogoutTokenServer } from "../tokens/logout_token.ts";

/** What telling clients needs. */
export interface NotifyingServer extends LogoutTokenServer, OutboundServer {
  readonly env: OutboundServer["env"] & Pick<Env, "now" | "random" | "log">;
  readonly config: LogoutTokenServer["config"] & OutboundServer["config"];
  readonly records: Pick<Collections, "logout_notice">;
  readonly clients: Pick<ClientRegistry, "find">;
}

/** How long telling a client may take, in milliseconds, with all that precedes it; and its answer alone. */
const PATIENCE = 2000;
const ANSWER = 1900;

/**
 * For how long whoever ends a session has its notices to himself, in seconds: several times what sending takes, so that
 * no client hears twice of what was delivered in time.
 */
export const SENDING = 10;

/** So many are sent while a person waits. Whoever ends hundreds of sessions at once leaves the rest to the outbox. */
const AT_ONCE = 100;

/**
 * Sends notices that are the caller's to send, all at once; whatever their clients do, it is done after two seconds.
 * Never throws: what was not delivered, or is too much, stays in the store for `deliverForever` of any instance.
 */
export async function sendNotices(
  server: NotifyingServer,
  notices: readonly LogoutNotice[],
): Promise<void> {
  await Promise.all(notices.slice(0, AT_ONCE).map((notice) => sendNotice(server, notice)));
}

/**
 * Sends one notice that is the caller's to send, and notes what became of it; whether its client was there at all.
 * Never throws.
 */
export async function sendNotice(server: NotifyingServer, notice: LogoutNotice): Promise<boolean> {
  const { env, records } = server;
  const { client_id, sub, sid, jti, tries } = notice;
  const members = { client_id, sub, sid, jti, tries };
  try {
    const client = await server.clients.find(client_id);
    const uri = client?.enabled ? client.backchannel_logout_uri : undefined;
    if (client === undefined || uri === undefined) {
      await records.logout_notice.delete(jti);
      env.log.info("logout.notice.dropped", members);
      return true;
    }
    const reason = await refusal(server, client, uri, notice);
    if (reason === undefined) {
      await records.logout_notice.delete(jti);
      env.log.info("logout.notice.sent", members);
    } else {
      env.log.warn("logout.notice.failed", { ...members, reason, ...settingOf(reason) });
    }
    return reason !== "timeout" && reason !== "unreachable";
  } catch (error) {
    env.log.error("logout.notice.failed", { ...members, reason: String(error) });
    return true;
  }
}

/** Why a client has not taken a notice; `undefined`: it has. Its keys may have to be fetched first: all of it has its time together. */
async function refusal(
  server: NotifyingServer,
  client: Client,
  url: string,
  notice: LogoutNotice,
): Promise<string | undefined> {
  const over = new AbortController();
  const late = server.env.sleep(PATIENCE, over.signal).then(() => "timeout");
  const post = async () => {
    const logout_token = await issueLogoutToken(server, client, notice);
    // Nobody waits for it any more: it is not sent, as it will be again.
    if (over.signal.aborted) return "timeout";
    const request = { url, form: { logout_token }, deadline: ANSWER, limit: 0 };
    const { status } = await callOut(server, request);
    // §2.8: 200; 204 is what some frameworks make of a success without a body
    return status === 200 || status === 204 ? undefined : `status ${status}`;
  };
  const posted = post().catch((error) => {
    if (error instanceof OutboundError) return error.reason;
    return over.signal.aborted ? "timeout" : Promise.reject(error);
  });
  try {
    return await Promise.race([posted, late]);
  } finally {
    over.abort();
  }
}
