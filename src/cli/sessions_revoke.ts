/** `latchkey sessions revoke`: how does an operator log people out? */

import { countOf, endMatching, endSessions } from "../login/stored_sessions.ts";
import { type Command, command, CONFIG_OPTION, JSON_OPTION, UsageError } from "./command.ts";
import { namedBy, strangers } from "./names.ts";
import { withStore } from "./opened_store.ts";
import { NO_SESSION, SESSION_OPTIONS, SID, SID_LOOKS } from "./session_text.ts";
import { json } from "./visible.ts";
import { counted } from "./wording.ts";

/** Ends one session, those that match, or all. */
export const sessionsRevoke: Command = command({
  summary: "ends one session, all that match every filter, or with --all every one",
  details: [
    "Whoever is logged in there has to log in again. What was granted in the session ends with it, save what a client",
    "keeps by offline_access; latchkey grants revoke ends that too. Clients with a backchannel_logout_uri hear of it",
    "from the running server.",
  ].join("\n"),
  options: {
    config: CONFIG_OPTION,
    ...SESSION_OPTIONS,
    all: { type: "boolean", summary: "every session of everybody" },
    json: JSON_OPTION,
  },
  arguments: { sid: { summary: `${SID}; without any filter`, optional: true, looks: SID_LOOKS } },
  run(io, { config, json: asJson, all, ...filters }, { sid }) {
    const filtered = Object.values(filters).some((value) => value !== undefined);
    const ways = [sid !== undefined, filtered, all].filter((given) => given).length;
    if (ways === 0) {
      throw new UsageError(
        "needs the sid of a session, --user, --client or --all: never everything by accident",
      );
    }
    if (ways > 1) throw new UsageError("takes the sid of a session, filters or --all, not several");
    return withStore(io, config, async (server) => {
      const filter = await namedBy(server, filters);
      const ended = sid === undefined
        ? await endMatching(server, filter)
        : countOf(await endSessions(server, [sid], 0));
      if (sid !== undefined && ended.sessions === 0) {
        io.complain(NO_SESSION);
        return 1;
      }
      if (ended.sessions === 0) {
        for (const stranger of await strangers(server, filter)) io.complain(stranger);
      }
      if (asJson) io.print(json(ended));
      else {
        io.print(`${counted(ended.sessions, "session")} ended`);
        if (ended.notices > 0) io.print(`${counted(ended.notices, "logout notice")} to be sent`);
      }
      return 0;
    });
  },
});
