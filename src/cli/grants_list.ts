/** `latchkey grants list`: who has granted what to whom? */

import { pagesOf } from "../store/paging.ts";
import type { Authorization } from "../store/records.ts";
import { type GrantFilter, listGrants } from "../tokens/stored_grants.ts";
import {
  type Command,
  command,
  CONFIG_OPTION,
  type Io,
  JSON_OPTION,
  UsageError,
} from "./command.ts";
import { grantJson, time, userName } from "./grant_text.ts";
import { FILTER_OPTIONS, filterOf, strangers } from "./grants_filter.ts";
import { type OpenedStore, withStore } from "./opened_store.ts";
import { table } from "./table.ts";
import { json, visible } from "./visible.ts";

/** How many grants are listed where nobody says. */
const DEFAULT_LIMIT = 1000;

/** The most grants that one page holds. */
const PAGE = 1000;

/** Prints the living grants. */
export const grantsList: Command = command({
  summary: "lists the grants, or those that match every filter",
  details: "The newest of those that are listed come first. Times are UTC.",
  options: {
    config: CONFIG_OPTION,
    ...FILTER_OPTIONS,
    limit: { type: "string", value: "N", summary: `at most so many; ${DEFAULT_LIMIT}` },
    json: JSON_OPTION,
  },
  run(io, { config, limit, json: asJson, ...filters }) {
    const most = limit === undefined ? DEFAULT_LIMIT : parseLimit(limit);
    return withStore(io, config, async (server) => {
      const filter = await filterOf(server, filters);
      const { grants, more } = await collect(server, filter, most);
      if (asJson) {
        io.print(json(await Promise.all(grants.map((grant) => grantJson(server, grant)))));
      } else if (grants.length > 0) {
        io.print(table([HEADINGS, ...await Promise.all(grants.map(rowOf(server)))], ""));
      }
      if (grants.length === 0) await sayNone(io, server, filter);
      if (more) io.complain(`there are more than ${most}: --limit N lists more`);
      return 0;
    });
  },
});

const HEADINGS = ["ID", "USER", "CLIENT", "SCOPES", "SINCE", "EXPIRES"];

function rowOf(server: OpenedStore) {
  return async ({ grant_id, sub, client_id, scope, created_at, expires_at }: Authorization) => [
    visible(grant_id),
    await userName(server, sub),
    visible(client_id),
    visible(scope.join(" ")),
    time(created_at),
    time(expires_at),
  ];
}

async function sayNone(
  io: Pick<Io, "complain">,
  server: OpenedStore,
  filter: GrantFilter,
): Promise<void> {
  io.complain("no grants");
  for (const stranger of await strangers(server, filter)) io.complain(stranger);
}

/** At most `limit` grants, the newest first, and whether there are more. */
async function collect(
  server: OpenedStore,
  filter: GrantFilter,
  limit: number,
): Promise<{ grants: readonly Authorization[]; more: boolean }> {
  const found: Authorization[] = [];
  const pages = pagesOf((after) => {
    // One more than asked for tells whether there are more.
    const most = Math.min(PAGE, limit + 1 - found.length);
    return listGrants(server, filter, { limit: most, after });
  });
  for await (const page of pages) {
    found.push(...page.grants);
    if (found.length > limit) break;
  }
  const grants = found.slice(0, limit).sort((left, right) => right.created_at - left.created_at);
  return { grants, more: found.length > limit };
}

function parseLimit(text: string): number {
  if (!/^[1-9][0-9]{0,8}$/.test(text)) {
    throw new UsageError("option --limit needs a whole number from 1 on");
  }
  return Number(text);
}
