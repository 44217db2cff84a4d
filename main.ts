/** The program: hands its arguments to `src/cli`. */

import { main } from "./src/cli/mod.ts";

if (import.meta.main) Deno.exitCode = await main(Deno.args);
