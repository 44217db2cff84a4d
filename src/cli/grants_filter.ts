/** Which grants do the options of a command mean? */

import type { GrantFilter } from "../tokens/stored_grants.ts";
import type { Options, Values } from "./command.ts";
import { namedBy, USER_OPTION } from "./names.ts";
import type { OpenedStore } from "./opened_store.ts";

/** The options that choose grants; those that are given must all match. */
export const FILTER_OPTIONS = {
  user: USER_OPTION,
  client: { type: "string", value: "CLIENT_ID", summary: "those of this client" },
  session: { type: "string", value: "SID", summary: "those that were granted in this session" },
} as const satisfies Options;

type Filters = Values<typeof FILTER_OPTIONS>;

/** The filter that the options stand for; empty where none is given. Throws what `namedBy` throws. */
export async function filterOf(
  server: Pick<OpenedStore, "users">,
  { session, ...names }: Filters,
): Promise<GrantFilter> {
  const sid = session === undefined ? {} : { sid: session };
  return { ...await namedBy(server, names), ...sid };
}
