/** Part 5 of all tests. */

import { part } from "./part.ts";

await part(4);
