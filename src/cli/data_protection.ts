/** `latchkey data-protection`: what can be done with the keys that seal cookies and what is stored? */

import type { Group } from "./group.ts";

/** The commands that show and rotate the data protection ring. */
export const dataProtection: Group = {
  summary: "shows and rotates the keys that seal cookies and what is stored",
  commands: {
    "list": async () => (await import("./data_protection_list.ts")).dataProtectionList,
    "rotate": async () => (await import("./data_protection_rotate.ts")).dataProtectionRotate,
  },
};
