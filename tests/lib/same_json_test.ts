/** Which JSON values are the same. */

import assert from "node:assert/strict";
import { sameJson } from "../../src/lib/same_json.ts";

Deno.test("sameJson: members in any order, elements in theirs, and nothing is another type's", () => {
  assert.ok(sameJson({ a: [1, { b: null }], c: "x" }, { c: "x", a: [1, { b: null }] }));
  const values = [null, 0, "", false, [], {}, [1, 2], [2, 1], "1", 1, { a: 1 }, { a: undefined }];
  for (const [index, one] of values.entries()) {
    assert.deepEqual(values.map((other) => sameJson(one, other)).indexOf(true), index);
  }
});
