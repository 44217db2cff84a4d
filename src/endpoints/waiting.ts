/** How much of what strangers begin may wait for its person: nobody can fill the store, nor lock others out by trying. */

import type { Context } from "hono";
import type { Config } from "../config/schema.ts";
import { placesOf } from "../lib/address.ts";
import type { Env } from "../lib/env.ts";
import { networkKind } from "../lib/network.ts";
import type { Ring } from "../lib/sealing.ts";
import { accountOfBrowser } from "../login/known_browser.ts";
import { readSession } from "../login/session.ts";
import { TooManyRequests } from "../oauth/error.ts";
import type { Collections } from "../store/collection.ts";
import { type Rate, spend } from "../store/throttle.ts";
import type { Cookies } from "./cookies.ts";
import { type AddressServer, type AppEnv, callerAddress } from "./http.ts";

/** What bounding needs. */
export interface WaitingServer extends AddressServer {
  readonly env: Env;
  readonly config: Pick<Config, "security" | "sessions">;
  readonly records: Pick<Collections, "session" | "throttle">;
  readonly ring: Ring;
  readonly cookies: Cookies;
}

/** As long as something waits, in seconds. */
const PER = 900;

/**
 * To be called before anything is put aside for somebody. Throws `TooManyRequests` where `security.limits` has been
 * reached: by whoever has logged in with this browser, or else by all others at its address.
 */
export async function admitWaiting(server: WaitingServer, c: Context<AppEnv>): Promise<void> {
  const address = callerAddress(server, c);
  // A private peer is a proxy that nobody has declared, or one's own network: counting those locks everybody out.
  if (networkKind(address.replace(/\/.*$/, "")) !== "public") return;
  const burst = server.config.security.limits.waiting_requests;
  const seconds = await spend(server, ...await ratesOf(server, c, address, burst));
  if (seconds > 0) throw new TooManyRequests(seconds, { reason: "too much waits", address });
}

/**
 * Somebody who has logged in with this browser has a count of their own: strangers at its address can't lock them out.
 * All their browsers and sessions share it, or else each login would make room for as much again.
 */
async function ratesOf(
  server: WaitingServer,
  c: Context<AppEnv>,
  address: string,
  burst: number,
): Promise<Rate[]> {
  const account = accountOfBrowser(server, server.cookies.get(c, "known"));
  if (account !== undefined) return [{ id: `waiting_account\0${account}`, burst, per: PER }];
  const session = await readSession(server, server.cookies.get(c, "session"));
  if (session !== undefined) {
    return [{ id: `waiting_user\0${session.record.sub}`, burst, per: PER }];
  }
  return placesOf(address).map(({ place, times }) => ({
    id: `waiting_address\0${place}`,
    burst: burst * times,
    per: PER,
  }));
}
