/** `latchkey sessions list`: who is logged in? */

import { dateTime } from "../lib/date_time.ts";
import { listSessions, mergeSessions } from "../login/stored_sessions.ts";
import type { Session } from "../store/records.ts";
import { type Command, command, CONFIG_OPTION, JSON_OPTION } from "./command.ts";
import { collect, LIMIT_OPTION, parseLimit, sayMore } from "./limit.ts";
import { namedBy, strangers, userName } from "./names.ts";
import { type OpenedStore, withStore } from "./opened_store.ts";
import { SESSION_OPTIONS, sessionJson } from "./session_text.ts";
import { table } from "./table.ts";
import { json, visible } from "./visible.ts";

/** Prints the living sessions. */
export const sessionsList: Command = command({
  summary: "lists the sessions, or those that match every filter",
  details: "The latest used of those that are listed come first. Times are UTC.",
  options: { config: CONFIG_OPTION, ...SESSION_OPTIONS, limit: LIMIT_OPTION, json: JSON_OPTION },
  run(io, { config, limit, json: asJson, ...filters }) {
    const most = parseLimit(limit);
    return withStore(io, config, async (server) => {
      const filter = await namedBy(server, filters);
      const { listed, more } = await collect(most, async (options) => {
        const { sessions: items, next } = await listSessions(server, filter, options);
        return { items, next };
      });
      const sessions = mergeSessions(listed);
      if (asJson) {
        io.print(json(await Promise.all(sessions.map((one) => sessionJson(server, one)))));
      } else if (sessions.length > 0) {
        io.print(table([HEADINGS, ...await Promise.all(sessions.map(rowOf(server)))], ""));
      }
      if (sessions.length === 0) {
        io.complain("no sessions");
        for (const stranger of await strangers(server, filter)) io.complain(stranger);
      }
      if (more) sayMore(io, most);
      return 0;
    });
  },
});

const HEADINGS = ["SID", "USER", "DEVICE", "CLIENTS", "SINCE", "LAST USED", "EXPIRES"];

function rowOf(server: OpenedStore) {
  return async ({ sid, sub, device, clients, created_at, seen_at, expires_at }: Session) => [
    visible(sid),
    await userName(server, sub),
    visible(device) || "unknown",
    visible(clients.join(" ")) || "none",
    dateTime(created_at),
    dateTime(seen_at),
    dateTime(expires_at),
  ];
}
