/** Whom do the names of people and clients mean, and what are they called? */

import { type Option, UsageError } from "./command.ts";
import type { OpenedStore } from "./opened_store.ts";
import { visible } from "./visible.ts";

/** What a person is called: the username where the configuration knows the `sub`, else that. */
export async function userName(
  { users }: Pick<OpenedStore, "users">,
  sub: string,
): Promise<string> {
  return visible((await users.findBySub(sub))?.username ?? sub);
}

/** The same with the `sub` behind it, where that is another. */
export async function fullUserName(
  server: Pick<OpenedStore, "users">,
  sub: string,
): Promise<string> {
  const name = await userName(server, sub);
  return name === visible(sub) ? name : `${name} (sub ${visible(sub)})`;
}

/**
 * The `sub` of somebody who is given by it, or by their username. A name that nobody has in the configuration is the
 * `sub` of somebody who has left it. Throws a `UsageError` for a name that two people could be meant by.
 */
async function subOf({ users }: Pick<OpenedStore, "users">, given: string): Promise<string> {
  const [named, same] = await Promise.all([users.findByUsername(given), users.findBySub(given)]);
  if (named !== undefined && same !== undefined && named.sub !== same.sub) {
    throw new UsageError(
      `--user ${
        visible(given)
      } is the username of one person and the sub of another: give the other name of whom you mean`,
    );
  }
  return (same ?? named)?.sub ?? given;
}

/** The option by which a person is chosen. */
export const USER_OPTION = {
  type: "string",
  value: "USER",
  summary: "those of this person, by username or sub",
} as const satisfies Option;

/** A person and a client, as records name them; members that are absent don't matter. */
export interface Named {
  readonly sub?: string | undefined;
  readonly client_id?: string | undefined;
}

/** Whom options mean. Throws what `subOf` throws. */
export async function namedBy(
  server: Pick<OpenedStore, "users">,
  { user, client }: { readonly user?: string | undefined; readonly client?: string | undefined },
): Promise<Named> {
  return {
    ...user === undefined ? {} : { sub: await subOf(server, user) },
    ...client === undefined ? {} : { client_id: client },
  };
}

/** What the configuration doesn't know of the names in a filter, in words: it may be a slip, or gone from there. */
export async function strangers(
  { users, config }: Pick<OpenedStore, "users" | "config">,
  { sub, client_id }: Named,
): Promise<string[]> {
  return [
    ...sub === undefined || await users.findBySub(sub) ? [] : [`user ${visible(sub)}`],
    ...client_id === undefined || config.clients.some((one) => one.client_id === client_id)
      ? []
      : [`client ${visible(client_id)}`],
  ].map((what) => `the configuration knows no ${what}`);
}
