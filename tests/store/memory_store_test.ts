/** Whether the store that other tests build on keeps the promises of a store. */

import { memoryStore } from "../support/memory_store.ts";
import { storeConformance } from "../support/store_conformance.ts";

storeConformance("a map", () => Promise.resolve(memoryStore()));
