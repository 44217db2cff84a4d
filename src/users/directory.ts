/** Which people there are. */

import type { Config, UserConfig } from "../config/schema.ts";
import { comparableUsername } from "../lib/username.ts";
import { sha256 } from "../lib/bytes.ts";
import { isPasswordHash } from "../lib/password_hash.ts";
import type { Client } from "../oauth/client.ts";

/** A person who may log in. */
export type User = UserConfig;

/** Where people are looked up. */
export interface UserDirectory {
  /** By what they type in, whatever its case or width. */
  findByUsername(username: string): Promise<User | undefined>;
  /**
   * Somebody's password hash, always the same for the same name, to be computed where nobody has that name: so an
   * answer takes as long as for people who are there. `undefined` where nobody has a hash.
   */
  decoyHash(name: string): string | undefined;
  /** By the name that never changes. */
  findBySub(sub: string): Promise<User | undefined>;
}

/** The people of a configuration. */
export function createUserDirectory(config: Pick<Config, "users">): UserDirectory {
  const byUsername = new Map(config.users.map((user) => [comparableUsername(user.username), user]));
  const bySub = new Map(config.users.map((user) => [user.sub, user]));
  const hashes = config.users.map(({ password }) => password).filter((password) =>
    password !== undefined && isPasswordHash(password)
  );
  return {
    decoyHash: (name) => hashes[new DataView(sha256(name).buffer).getUint32(0) % hashes.length],
    findByUsername: (username) => Promise.resolve(byUsername.get(comparableUsername(username))),
    findBySub: (sub) => Promise.resolve(bySub.get(sub)),
  };
}

/** Whether a person may use a client at this moment. */
export function mayUse(user: User, client: Pick<Client, "enabled" | "allowed_groups">): boolean {
  return user.enabled && client.enabled &&
    (client.allowed_groups.length === 0 ||
      client.allowed_groups.some((group) => user.groups.includes(group)));
}

/** What a person is called on the pages. */
export function displayName(user: User): string {
  const { name } = user.claims;
  return typeof name === "string" && name !== "" ? name : user.username;
}
