/** What a device that polls gets, once its person has answered (RFC 8628 §3.4, §3.5). */

import { equalDigests } from "../lib/bytes.ts";
import type { Client } from "../oauth/client.ts";
import { OAuthError } from "../oauth/error.ts";
import type { Parameters } from "../oauth/parameters.ts";
import type { Read } from "../store/collection.ts";
import type { Authorization, DeviceAuthorization } from "../store/records.ts";
import { type PresentedHandle, readHandle } from "../tokens/handle.ts";
import type { TokenResponse } from "../tokens/issue.ts";
import { firstRefreshToken, scopeLeft } from "../tokens/refresh_chain.ts";
import { newTokenFor, requireGranted, respond } from "./answer.ts";
import { grantEnd } from "./end.ts";
import type { GrantRequest, GrantServer } from "./grant.ts";

/** RFC 8628 §3.5: by how many seconds every poll that comes too early prolongs the interval. */
const SLOWER_BY = 5;

/** The `urn:ietf:params:oauth:grant-type:device_code` grant. */
export async function deviceCode(
  server: GrantServer,
  { client, parameters }: GrantRequest,
): Promise<TokenResponse> {
  const presented = readHandle("device_code", parameters.require("device_code"));
  if (presented === undefined) throw unknownCode();
  for (;;) {
    const answer = await poll(server, client, parameters, presented);
    // Where somebody else was faster, another poll or the person, all is judged anew.
    if (answer !== undefined) return answer;
  }
}

/** The answer; `undefined` where somebody else has written the device authorization meanwhile. */
async function poll(
  server: GrantServer,
  client: Client,
  parameters: Parameters,
  presented: PresentedHandle,
): Promise<TokenResponse | undefined> {
  const { device_authorization } = server.records;
  const read = await device_authorization.read(presented.grant_id);
  if (read === undefined || !equalDigests(read.record.sha256, presented.sha256)) {
    throw unknownCode();
  }
  const { client_id, state, code_expires_at } = read.record;
  if (client_id !== client.client_id) {
    throw new OAuthError("invalid_grant", "the device code was issued to another client");
  }
  // A second use ends nothing: devices poll again where an answer was lost, and who has the code has had the answer.
  if (state === "redeemed") {
    throw new OAuthError("invalid_grant", "the device code was used before");
  }
  if (state === "denied") throw denied();
  const now = server.env.now();
  if (now >= code_expires_at) {
    throw new OAuthError("expired_token", "the device code has expired");
  }
  if (state === "approved") return await redeem(server, client, parameters, presented, read);
  const next = polled(read.record, now);
  if (!await device_authorization.replace(read, next)) return undefined;
  throw next.interval > read.record.interval
    ? new OAuthError("slow_down", "the device polls too often")
    : new OAuthError("authorization_pending", "the person has not answered yet");
}

/** What is noted of a poll. RFC 8628 §3.5: too early, the interval grows by 5 seconds for this and all later ones. */
function polled(device: DeviceAuthorization, now: number): DeviceAuthorization {
  const { interval, polled_at } = device;
  const early = polled_at !== undefined && now < polled_at + interval;
  return { ...device, polled_at: now, interval: early ? interval + SLOWER_BY : interval };
}

async function redeem(
  server: GrantServer,
  client: Client,
  parameters: Parameters,
  { seed, grant_id }: PresentedHandle,
  device: Read<DeviceAuthorization>,
): Promise<TokenResponse | undefined> {
  const { records, store } = server;
  const read = await records.authorization.read(grant_id);
  // Somebody has removed the access already, or its session has ended.
  if (read === undefined) throw denied();
  const granted = await requireGranted(server, client, read.record);
  const scope = scopeLeft(client, read.record.scope);
  const access_token = newTokenFor(server, client, granted, scope, parameters);
  const refresh = firstRefreshToken(server, client, seed, scope);
  const redeemed: Authorization = {
    ...read.record,
    used_at: server.env.now(),
    refresh_token: refresh?.chain,
    expires_at: grantEnd(server, client, refresh?.chain),
  };
  const won = await store.commit({
    checks: [device.check, read.check],
    writes: [
      ...records.authorization.rewrite(read, redeemed),
      ...records.device_authorization.rewrite(device, { ...device.record, state: "redeemed" }),
      ...access_token.writes,
    ],
  });
  if (!won) return undefined;
  return await respond(server, client, granted, {
    access_token,
    scope,
    nonce: undefined,
    refresh_token: refresh?.token,
  });
}

function denied(): OAuthError {
  return new OAuthError("access_denied", "the person has refused it");
}

function unknownCode(): OAuthError {
  return new OAuthError("invalid_grant", "the device code is unknown");
}
