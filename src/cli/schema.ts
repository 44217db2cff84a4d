/** `latchkey schema`: what may stand in the configuration, for editors. */

import { configJsonSchema } from "../config/json_schema.ts";
import { type Command, command } from "./command.ts";

/** Prints the JSON Schema of the configuration. */
export const schema: Command = command({
  summary: "prints the JSON Schema of the configuration",
  details:
    "An editor that knows yaml-language-server takes it from a first line such as\n# yaml-language-server: $schema=latchkey.schema.json",
  options: {},
  run(io) {
    io.print(JSON.stringify(configJsonSchema(), undefined, 2));
    return 0;
  },
});
