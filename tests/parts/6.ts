/** Part 6 of all tests. */

import { part } from "./part.ts";

await part(5);
