/** Part 2 of all tests. */

import { part } from "./part.ts";

await part(1);
