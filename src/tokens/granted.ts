/** Whether what a person once granted may still be used. */

import type { Client } from "../oauth/client.ts";
import type { Authorization } from "../store/records.ts";
import { mayUse, type User, type UserDirectory } from "../users/directory.ts";
import { isSessionGood, type SessionServer } from "./session_lifetime.ts";

/** What judging a grant needs. */
export interface GrantedServer extends SessionServer {
  readonly users: Pick<UserDirectory, "findBySub">;
}

/** What a person granted, and who that is. */
export interface Granted {
  readonly authorization: Authorization;
  readonly user: User;
}

/** The grant with its person, as long as both they and the client are enabled, they may use it, and its session is good. */
export async function grantedTo(
  server: GrantedServer,
  client: Client,
  authorization: Authorization,
): Promise<Granted | undefined> {
  const user = await server.users.findBySub(authorization.sub);
  if (user === undefined || !mayUse(user, client)) return undefined;
  if (!await isSessionGood(server, client, authorization.sid)) return undefined;
  return { authorization, user };
}
