/** `latchkey version`: what exactly is running? */

import project from "../../deno.json" with { type: "json" };
import { type Command, command, JSON_OPTION } from "./command.ts";

/** The version of the program. */
export const VERSION: string = project.version;

/** Prints the versions of the program, of Deno and of V8. */
export const version: Command = command({
  summary: "prints the versions of the program, Deno and V8",
  options: { json: JSON_OPTION },
  run(io, { json }) {
    const versions = { latchkey: VERSION, deno: Deno.version.deno, v8: Deno.version.v8 };
    if (json) io.print(JSON.stringify(versions));
    else for (const [name, value] of Object.entries(versions)) io.print(`${name} ${value}`);
    return 0;
  },
});
