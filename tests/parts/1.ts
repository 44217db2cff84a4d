/** Part 1 of all tests. */

import { part } from "./part.ts";

await part(0);
