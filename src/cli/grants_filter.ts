/** Which grants do the options of a command mean? */

import type { GrantFilter } from "../tokens/stored_grants.ts";
import { type Options, UsageError, type Values } from "./command.ts";
import type { OpenedStore } from "./opened_store.ts";
import { visible } from "./visible.ts";

/** The options that choose grants; those that are given must all match. */
export const FILTER_OPTIONS = {
  user: { type: "string", value: "USER", summary: "those of this person, by username or sub" },
  client: { type: "string", value: "CLIENT_ID", summary: "those of this client" },
  session: { type: "string", value: "SID", summary: "those that were granted in this session" },
} as const satisfies Options;

/** What was given of them. */
export type Filters = Values<typeof FILTER_OPTIONS>;

/**
 * The filter that the options stand for; empty where none is given. Throws a `UsageError` for a name that
 * two people could be meant by.
 */
export async function filterOf(
  server: Pick<OpenedStore, "users">,
  { user, client, session }: Filters,
): Promise<GrantFilter> {
  return {
    ...user === undefined ? {} : { sub: await subOf(server, user) },
    ...client === undefined ? {} : { client_id: client },
    ...session === undefined ? {} : { sid: session },
  };
}

/** What the configuration doesn't know of the names in a filter, in words: it may be a slip, or gone from there. */
export async function strangers(
  { users, config }: Pick<OpenedStore, "users" | "config">,
  { sub, client_id }: GrantFilter,
): Promise<string[]> {
  return [
    ...sub === undefined || await users.findBySub(sub) ? [] : [`user ${visible(sub)}`],
    ...client_id === undefined || config.clients.some((one) => one.client_id === client_id)
      ? []
      : [`client ${visible(client_id)}`],
  ].map((what) => `the configuration knows no ${what}`);
}

/** A name that nobody has in the configuration is the `sub` of somebody who has left it. */
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
