/** Part 4 of all tests. */

import { part } from "./part.ts";

await part(3);
