/** Whether people are found by their names, and let in where they may be. */

import assert from "node:assert/strict";
import { createUserDirectory, mayUse } from "../../src/users/directory.ts";
import { someClient } from "../support/client.ts";
import { testConfig } from "../support/config.ts";

Deno.test("RFC 8265 §3.3: user names are compared without case and width", async () => {
  const users = createUserDirectory(await testConfig());
  for (const name of ["alice", "ALICE", " alice\t", "ａｌｉｃｅ"]) {
    assert.equal((await users.findByUsername(name))?.sub, "sub-alice");
  }
  for (const name of ["", "alic", "sub-alice", "al ice", "__proto__", "constructor"]) {
    assert.equal(await users.findByUsername(name), undefined);
  }
});

Deno.test("OpenID Connect Core §2: sub is compared exactly", async () => {
  const users = createUserDirectory(await testConfig());
  assert.equal((await users.findBySub("sub-alice"))?.username, "alice");
  for (const sub of ["SUB-ALICE", "sub-alice ", "alice", "", "__proto__"]) {
    assert.equal(await users.findBySub(sub), undefined);
  }
});

Deno.test("mayUse: both enabled, and a member of an allowed group where there are some", async () => {
  const users = createUserDirectory(await testConfig());
  const alice = await users.findBySub("sub-alice");
  assert.ok(alice !== undefined);
  assert.ok(mayUse(alice, someClient()));
  assert.ok(mayUse(alice, someClient({ allowed_groups: ["admins", "staff"] })));
  assert.ok(!mayUse(alice, someClient({ allowed_groups: ["admins"] })));
  assert.ok(!mayUse(alice, someClient({ enabled: false })));
  assert.ok(!mayUse({ ...alice, enabled: false }, someClient()));
  assert.ok(!mayUse({ ...alice, groups: [] }, someClient({ allowed_groups: ["staff"] })));
});
