/** Who is at the other end: a browser that we know again, and whoever is logged in with it. */

import type { Context } from "hono";
import type { Config } from "../config/schema.ts";
import { base64url } from "../lib/bytes.ts";
import type { Env } from "../lib/env.ts";
import { readSession } from "../login/session.ts";
import type { Collections, Read } from "../store/collection.ts";
import type { Session } from "../store/records.ts";
import type { User, UserDirectory } from "../users/directory.ts";
import type { Cookies } from "./cookies.ts";
import type { AppEnv } from "./http.ts";

/** What knowing a browser and its person needs. */
export interface BrowserServer {
  readonly env: Env;
  readonly config: Pick<Config, "sessions">;
  readonly records: Pick<Collections, "session">;
  readonly users: Pick<UserDirectory, "findBySub">;
  readonly cookies: Cookies;
}

/** Somebody who is logged in with this browser. */
export interface LoggedIn {
  readonly session: Session;
  /** The session as it was read, for a commit that it has to live for. */
  readonly read: Read<Session>;
  readonly user: User;
}

/** Who is logged in with this browser, if they may still log in. */
export async function loggedIn(
  server: BrowserServer,
  c: Context<AppEnv>,
): Promise<LoggedIn | undefined> {
  const read = await readSession(server, server.cookies.get(c, "session"));
  const user = read && await server.users.findBySub(read.record.sub);
  return read !== undefined && user?.enabled ? { session: read.record, read, user } : undefined;
}

/** The secret that interactions and forms are bound to, from its cookie; that is set where there is none yet. */
export function browserOf(
  server: Pick<BrowserServer, "env" | "cookies">,
  c: Context<AppEnv>,
): string {
  // Within one request a browser is one, also while it has no cookie yet.
  const known = c.get("browser") ?? server.cookies.get(c, "browser");
  const browser = known ?? base64url(server.env.random(32));
  if (known === undefined) server.cookies.set(c, "browser", browser);
  c.set("browser", browser);
  return browser;
}
