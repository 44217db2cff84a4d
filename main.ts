/** The program: hands its arguments to `src/cli`. */

import { main } from "./src/cli/mod.ts";

// A connection that a client keeps open must not hold a process that has stopped serving.
if (import.meta.main) Deno.exit(await main(Deno.args));
