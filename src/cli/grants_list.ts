/** `latchkey grants list`: who has granted what to whom? */

import { dateTime } from "../lib/date_time.ts";
import type { Authorization } from "../store/records.ts";
import { type GrantFilter, listGrants } from "../tokens/stored_grants.ts";
import { type Command, command, CONFIG_OPTION, type Io, JSON_OPTION } from "./command.ts";
import { grantJson } from "./grant_text.ts";
import { FILTER_OPTIONS, filterOf } from "./grants_filter.ts";
import { collect, LIMIT_OPTION, parseLimit, sayMore } from "./limit.ts";
import { strangers, userName } from "./names.ts";
import { type OpenedStore, withStore } from "./opened_store.ts";
import { table } from "./table.ts";
import { json, visible } from "./visible.ts";

/** Prints the living grants. */
export const grantsList: Command = command({
  summary: "lists the grants, or those that match every filter",
  details: "The newest of those that are listed come first. Times are UTC.",
  options: {
    config: CONFIG_OPTION,
    ...FILTER_OPTIONS,
    limit: LIMIT_OPTION,
    json: JSON_OPTION,
  },
  run(io, { config, limit, json: asJson, ...filters }) {
    const most = parseLimit(limit);
    return withStore(io, config, async (server) => {
      const filter = await filterOf(server, filters);
      const { listed, more } = await collect(most, async (options) => {
        const { grants: items, next } = await listGrants(server, filter, options);
        return { items, next };
      });
      const grants = listed.toSorted((left, right) => right.created_at - left.created_at);
      if (asJson) {
        io.print(json(await Promise.all(grants.map((grant) => grantJson(server, grant)))));
      } else if (grants.length > 0) {
        io.print(table([HEADINGS, ...await Promise.all(grants.map(rowOf(server)))], ""));
      }
      if (grants.length === 0) await sayNone(io, server, filter);
      if (more) sayMore(io, most);
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
    dateTime(created_at),
    dateTime(expires_at),
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
