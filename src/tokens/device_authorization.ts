/** How a device asks, waits and is answered, as far as the store goes (RFC 8628). */

import { sha256 } from "../lib/bytes.ts";
import type { Env } from "../lib/env.ts";
import type { Client } from "../oauth/client.ts";
import type { DeviceRequest } from "../oauth/device_request.ts";
import { userCodeFrom } from "../oauth/user_code.ts";
import type { Collections, Read } from "../store/collection.ts";
import type { DeviceAuthorization, UserCode } from "../store/records.ts";
import { type Check, type Store, StoreError, type Write } from "../store/store.ts";
import { grantIdOf, newHandle, newSeed } from "./handle.ts";
import { grantedNow, type GrantingLogin } from "./new_grant.ts";

/** What keeping device authorizations needs. */
export interface DeviceServer {
  readonly env: Pick<Env, "now" | "random">;
  readonly records: Pick<Collections, "authorization" | "device_authorization" | "user_code">;
  readonly store: Pick<Store, "commit">;
}

/** After its end a device still hears for so many seconds what became of its code. */
const TOLD_FOR = 300;

/** Of 25,600,000,000 user codes one is soon found that nobody has, unless randomness is broken. */
const MOST_TRIES = 20;

/** What it gets to know. */
export interface DeviceCodes {
  readonly device_code: string;
  /** Without the hyphen. */
  readonly user_code: string;
}

/**
 * Begins a device authorization: both codes are stored as hashes alone, and no two that wait have the same user code.
 * `address`: from where the device asks, IPv6 as its /64. Throws `StoreError` where no user code is to be had.
 */
export async function beginDevice(
  server: DeviceServer,
  client: Client,
  { scope, resource }: DeviceRequest,
  address: string,
): Promise<DeviceCodes> {
  const { env, records, store } = server;
  const now = env.now();
  const code_expires_at = now + client.device_code_lifetime;
  const seed = newSeed(env);
  const grant_id = grantIdOf(seed);
  const device_code = newHandle(env, "device_code", seed);
  const device = records.device_authorization.write(grant_id, {
    scope,
    resource,
    address,
    sha256: sha256(device_code),
    client_id: client.client_id,
    state: "pending",
    interval: client.device_polling_interval,
    polled_at: undefined,
    created_at: now,
    code_expires_at,
    expires_at: code_expires_at + TOLD_FOR,
  });
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const user_code = userCodeFrom(env.random(32));
    if (user_code === undefined) continue;
    const code = records.user_code.write(user_code, { grant_id, expires_at: code_expires_at });
    // Another device may have that very code, or have had it until a moment ago: then this one gets another.
    const checks = [{ key: code[0].key, version: null }];
    if (await store.commit({ checks, writes: [...device, ...code] })) {
      return { device_code, user_code };
    }
  }
  throw new StoreError("no user code is free");
}

/** A device that waits for the answer of its person. */
export interface WaitingDevice {
  readonly grant_id: string;
  readonly device: Read<DeviceAuthorization>;
  readonly code: Read<UserCode>;
}

/** The device of a user code as `parseUserCode` answers it; `undefined` where none waits for one any more. */
export async function findDevice(
  { env, records }: {
    readonly env: Pick<Env, "now">;
    readonly records: Pick<Collections, "device_authorization" | "user_code">;
  },
  user_code: string,
): Promise<WaitingDevice | undefined> {
  const code = await records.user_code.read(user_code);
  if (code === undefined) return undefined;
  const { grant_id } = code.record;
  const device = await records.device_authorization.read(grant_id);
  if (device?.record.state !== "pending" || env.now() >= device.record.code_expires_at) {
    return undefined;
  }
  return { grant_id, device, code };
}

/** What is committed with an answer: that its session lives, that its client took part in it, what its page becomes. */
export interface Part {
  readonly checks: readonly Check[];
  readonly writes: readonly Write[];
}

/**
 * Ends the wait with a no; whether nobody was faster, and all checks of `part` hold. The user code is spent: whoever
 * takes that answers, and whoever polls meanwhile is in nobody's way, for polls check that nothing has been answered.
 */
export async function denyDevice(
  server: DeviceServer,
  waiting: WaitingDevice,
  part: Part,
): Promise<boolean> {
  return await answer(server, waiting, "denied", part);
}

/**
 * Ends the wait with a yes, as `denyDevice` does with a no. What is granted is a grant from now on, in which the device
 * code waits to be redeemed: so it ends as all grants do, also with the session.
 */
export async function approveDevice(
  server: DeviceServer,
  waiting: WaitingDevice,
  login: GrantingLogin,
  part: Part,
): Promise<boolean> {
  const { grant_id, device } = waiting;
  const { client_id, scope, resource, sha256, code_expires_at: expires_at } = device.record;
  const authorization = grantedNow(server, login, {
    grant_id,
    client_id,
    scope,
    resource,
    claims: undefined,
    claims_locales: [],
    code: {
      kind: "device_code",
      sha256,
      redirect_uri: undefined,
      code_challenge: undefined,
      nonce: undefined,
      expires_at,
    },
    expires_at,
  });
  const granted = server.records.authorization.write(grant_id, authorization);
  const writes = [...part.writes, ...granted];
  return await answer(server, waiting, "approved", { checks: part.checks, writes });
}

async function answer(
  { records, store }: DeviceServer,
  { device, code }: WaitingDevice,
  state: "approved" | "denied",
  { checks, writes }: Part,
): Promise<boolean> {
  return await store.commit({
    checks: [code.check, ...checks],
    writes: [
      ...writes,
      ...records.device_authorization.rewrite(device, { ...device.record, state }),
      ...records.user_code.erase(code),
    ],
  });
}
