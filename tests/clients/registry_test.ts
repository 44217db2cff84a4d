/** Whether clients come out of the configuration with all their defaults. */

import assert from "node:assert/strict";
import { createClientRegistry } from "../../src/clients/registry.ts";
import { sha256Hex } from "../../src/lib/bytes.ts";
import { SECRETS, testConfig, withClient } from "../support/config.ts";

Deno.test("createClientRegistry: a client has the server's lifetimes where it has none of its own", async () => {
  const config = await testConfig({
    ...withClient("web", { access_token_lifetime: "5m" }),
    tokens: { id_token_lifetime: "7m" },
  });
  const web = await createClientRegistry(config).find("web");
  assert.equal(web?.access_token_lifetime, 300);
  assert.equal(web?.id_token_lifetime, 420);
  assert.equal(web?.authorization_code_lifetime, 60);
  assert.equal(web?.refresh_token_lifetime, 15 * 86_400);
  assert.equal(web?.refresh_token_absolute_lifetime, 30 * 86_400);
});

Deno.test("createClientRegistry: secrets are kept as hashes alone", async () => {
  const web = await createClientRegistry(await testConfig()).find("web");
  assert.deepEqual(web?.client_secrets, [{
    sha256: sha256Hex(SECRETS.web),
    expires_at: undefined,
  }]);
  assert.ok(!JSON.stringify(web).includes(SECRETS.web));
});

Deno.test("createClientRegistry: code is the response type of those who may use codes", async () => {
  const registry = createClientRegistry(await testConfig());
  assert.deepEqual((await registry.find("web"))?.response_types, ["code"]);
  assert.deepEqual((await registry.find("machine"))?.response_types, []);
});

Deno.test("createClientRegistry: finds by the exact id alone, disabled ones too", async () => {
  const registry = createClientRegistry(await testConfig(withClient("web", { enabled: false })));
  assert.equal((await registry.find("web"))?.enabled, false);
  for (const id of ["", "WEB", "web ", "__proto__", "constructor", "size"]) {
    assert.equal(await registry.find(id), undefined);
  }
});

Deno.test("createClientRegistry: origins of disabled clients are not allowed", async () => {
  const origins = { allowed_cors_origins: ["https://rp.example.com"] };
  const of = async (
    members: Record<string, unknown>,
  ) => [...createClientRegistry(await testConfig(withClient("spa", members))).corsOrigins];
  assert.deepEqual(await of(origins), ["https://rp.example.com"]);
  assert.deepEqual(await of({ ...origins, enabled: false }), []);
});
