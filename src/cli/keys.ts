/** `latchkey keys`: what can be done with the keys that the server signs with? */

import type { Group } from "./group.ts";

/** The commands that show, make and replace signing keys. */
export const keys: Group = {
  summary: "shows, makes and replaces the keys that the server signs with",
  commands: {
    "list": async () => (await import("./keys_list.ts")).keysList,
    "generate": async () => (await import("./keys_generate.ts")).keysGenerate,
    "rotate": async () => (await import("./keys_rotate.ts")).keysRotate,
    "retire": async () => (await import("./keys_retire.ts")).keysRetire,
    "import": async () => (await import("./keys_import.ts")).keysImport,
  },
};
