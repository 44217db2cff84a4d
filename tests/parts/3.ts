/** Part 3 of all tests. */

import { part } from "./part.ts";

await part(2);
