/** What editors need to know of the configuration: its JSON Schema. */

import { z } from "zod";
import { configSchema } from "./schema.ts";

/** The JSON Schema (2020-12) of a configuration file. A folder's files are each a part, so nothing is required at the top. */
export function configJsonSchema(): object {
  const { $schema, required: _required, ...schema } = z.toJSONSchema(configSchema, { io: "input" });
  return {
    $schema,
    title: "Latchkey configuration",
    description: "A configuration file of Latchkey, or one file of a configuration folder.",
    ...schema,
  };
}
