/** Part 8 of all tests. */

import { part } from "./part.ts";

await part(7);
