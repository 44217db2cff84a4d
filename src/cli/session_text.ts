/** How is a session told to people and to programs, and by which options is it chosen? */

import type { Session } from "../store/records.ts";
import type { Options } from "./command.ts";
import { USER_OPTION } from "./names.ts";
import type { OpenedStore } from "./opened_store.ts";

/** What stands for a session on the command line. */
export const SID = "the sid of a session, as latchkey sessions list prints it";

/** 16 random bytes in BASE64URL: one in 64 begins with a dash. */
export const SID_LOOKS = /^[\w-]{22}$/;

/** What is said of a name that no session has. It isn't quoted: it may be a cookie that was pasted by mistake. */
export const NO_SESSION = "there is no living session of this sid";

/** The options that choose sessions; those that are given must all match. */
export const SESSION_OPTIONS = {
  user: USER_OPTION,
  client: { type: "string", value: "CLIENT_ID", summary: "those in which this client was used" },
} as const satisfies Options;

/**
 * A session for programs: the members of the record under their names, and `username` (null: the configuration knows
 * nobody of this `sub`); times as NumericDates. Nobody can log in with any of it: the store doesn't know the cookie.
 */
export async function sessionJson(
  { users }: Pick<OpenedStore, "users">,
  session: Session,
): Promise<Readonly<Record<string, unknown>>> {
  const { sid, sub, device, clients, auth_time, amr, created_at, seen_at } = session;
  const { expires_at, absolute_expires_at } = session;
  return {
    sid,
    sub,
    username: (await users.findBySub(sub))?.username ?? null,
    device,
    clients,
    auth_time,
    amr,
    created_at,
    seen_at,
    expires_at,
    absolute_expires_at,
  };
}
