/** `latchkey sessions show`: what is there to know about one session? */

import { dateTime } from "../lib/date_time.ts";
import { sessionNamed } from "../login/stored_sessions.ts";
import type { Session } from "../store/records.ts";
import { type Command, command, CONFIG_OPTION, JSON_OPTION } from "./command.ts";
import { fullUserName } from "./names.ts";
import { type OpenedStore, withStore } from "./opened_store.ts";
import { NO_SESSION, sessionJson, SID, SID_LOOKS } from "./session_text.ts";
import { table } from "./table.ts";
import { json, visible } from "./visible.ts";

/** Prints everything about one session. */
export const sessionsShow: Command = command({
  summary: "shows everything about one session",
  details:
    "Its cookie is not shown: the store doesn't know it. Times are UTC. What was granted in it is listed by\nlatchkey grants list --session SID.",
  options: { config: CONFIG_OPTION, json: JSON_OPTION },
  arguments: { sid: { summary: SID, looks: SID_LOOKS } },
  run(io, { config, json: asJson }, { sid }) {
    return withStore(io, config, async (server) => {
      const session = await sessionNamed(server, sid);
      if (session === undefined) {
        io.complain(NO_SESSION);
        return 1;
      }
      io.print(
        asJson
          ? json(await sessionJson(server, session))
          : table(await rowsOf(server, session), ""),
      );
      return 0;
    });
  },
});

async function rowsOf(server: OpenedStore, session: Session): Promise<[string, string][]> {
  const { sid, sub, device, clients, auth_time, amr } = session;
  const methods = amr.length > 0 ? ` by ${visible(amr.join(" "))}` : "";
  return [
    ["session", visible(sid)],
    ["user", await fullUserName(server, sub)],
    ["device", visible(device) || "unknown"],
    ["clients", visible(clients.join(" ")) || "none"],
    ["since", dateTime(session.created_at)],
    ["logged in", dateTime(auth_time) + methods],
    ["last used", dateTime(session.seen_at)],
    [
      "expires",
      `${dateTime(session.expires_at)}, at the latest ${dateTime(session.absolute_expires_at)}`,
    ],
  ];
}
