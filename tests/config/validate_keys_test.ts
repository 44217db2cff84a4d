/** Whether the times of managed keys have to fit together. */

import assert from "node:assert/strict";
import { problemsOf } from "../support/config_files.ts";

const managed = (members: string) =>
  `issuer: http://127.0.0.1:9000\nkeys:\n  managed: {${members}}\n`;

Deno.test("keys.managed: times that fit together, up to the least and the most, are accepted", async () => {
  for (
    const members of [
      "algorithms: [ES256, RS256]",
      "propagation: 5m, rotation: 5m, retention: 50m",
      "propagation: 90d, retention: 900d",
    ]
  ) {
    assert.deepEqual(await problemsOf(managed(members)), [], members);
  }
});

Deno.test("keys.managed: a key that nobody could know in time, and more keys than a set can hold, are refused", async () => {
  assert.deepEqual(
    await problemsOf(managed("propagation: 299s, rotation: 298s, retention: 2981s")),
    [
      "c.yaml:3:26: keys.managed.propagation: at least 300 s, so that everybody knows a key before it signs",
      "c.yaml:3:42: keys.managed.rotation: a key would sign for 298 s, but be published for 299 s before",
      "c.yaml:3:59: keys.managed.retention: 2981 s are more than 10 rotations of 298 s; the key set would grow too long",
    ],
  );
});
