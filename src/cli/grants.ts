/** `latchkey grants`: what can be done with what people have granted? */

import type { Group } from "./group.ts";

/** The commands that show and end grants. */
export const grants: Group = {
  summary: "shows and ends what people have granted to clients",
  commands: {
    "list": async () => (await import("./grants_list.ts")).grantsList,
    "show": async () => (await import("./grants_show.ts")).grantsShow,
    "revoke": async () => (await import("./grants_revoke.ts")).grantsRevoke,
    "check": async () => (await import("./grants_check.ts")).grantsCheck,
  },
};
