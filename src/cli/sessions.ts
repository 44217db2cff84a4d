/** `latchkey sessions`: what can be done with the logins of people? */

import type { Group } from "./group.ts";

/** The commands that show and end sessions. */
export const sessions: Group = {
  summary: "shows and ends the sessions in which people are logged in",
  commands: {
    "list": async () => (await import("./sessions_list.ts")).sessionsList,
    "show": async () => (await import("./sessions_show.ts")).sessionsShow,
    "revoke": async () => (await import("./sessions_revoke.ts")).sessionsRevoke,
  },
};
