/** Part 7 of all tests. */

import { part } from "./part.ts";

await part(6);
