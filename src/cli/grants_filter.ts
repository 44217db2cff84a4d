/** Which grants do the options of a command mean? */

import type { GrantFilter } from "../tokens/stored_grants.ts";
import type { Options, Values } from "./command.ts";
import { subOf } from "./names.ts";
import type { OpenedStore } from "./opened_store.ts";

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
