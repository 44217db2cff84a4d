/** Whether the demo configuration is flawless, and stays a demo. */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { configJsonSchema } from "../../src/config/json_schema.ts";
import { loadConfig } from "../../src/config/load.ts";
import { ConfigError, formatProblem } from "../../src/config/problem.ts";
import { verifyPassword } from "../../src/lib/password_hash.ts";
import { STANDARD_CLAIMS } from "../../src/oauth/claims.ts";
import { problemsOf } from "../support/config_files.ts";

const DEMO = fileURLToPath(new URL("../../config", import.meta.url));
const MESSAGE = "a demo secret, which everybody knows; it is accepted for a loopback issuer alone";

Deno.test("config/: the demo loads without a problem and without a warning", async () => {
  const { config, warnings } = await loadConfig(DEMO, () => undefined);
  assert.deepEqual(warnings, []);
  assert.equal(config.issuer, "http://127.0.0.1:9000");
  assert.deepEqual(config.clients.map((client) => client.client_id), [
    "machine",
    "web",
    "spa",
    "native",
    "tv",
  ]);
  assert.equal(config.resources.length, 2);
});

Deno.test("OpenID Connect Core §5.1: alice and bob have every standard claim, and the passwords alice and bob", async () => {
  const { config } = await loadConfig(DEMO, () => undefined);
  const claims = Object.values(STANDARD_CLAIMS).flat().filter((name) => name !== "sub").sort();
  for (const user of config.users) {
    assert.deepEqual(Object.keys(user.claims).sort(), claims);
    assert.ok(user.groups.length > 0);
    assert.ok(await verifyPassword(user.password ?? "", user.username), user.username);
  }
  assert.deepEqual(config.users.map((user) => user.username), ["alice", "bob"]);
});

Deno.test("config/: no demo secret is accepted for an issuer that is not loopback", async () => {
  const variable = (name: string) =>
    name === "LATCHKEY_ISSUER" ? "https://id.example.com" : undefined;
  await assert.rejects(loadConfig(DEMO, variable), (error) => {
    assert.ok(error instanceof ConfigError);
    const problems = error.problems.map(formatProblem).map((text) =>
      text.replace(`${DEMO}/`, "").replace(/:\d+:\d+/, "")
    );
    assert.deepEqual(problems, [
      `10-resources.yaml: resources[0].secrets[0]: ${MESSAGE}`,
      `20-clients.yaml: clients[0].client_secrets[0]: ${MESSAGE}`,
      `20-clients.yaml: clients[1].client_secrets[0]: ${MESSAGE}`,
      `30-users.yaml: users[0].password: ${MESSAGE}`,
      `30-users.yaml: users[1].password: ${MESSAGE}`,
    ]);
    return true;
  });
});

Deno.test("loadConfig: demo secrets are found wherever they come from", async () => {
  const yaml = `issuer: https://id.example.com
data_protection: {keys: [{env: KEY}]}
tokens: {pairwise_salt: {env: SECRET}}
users: [{sub: u, username: a, password: {env: PASSWORD}}]
clients: [{client_id: a, grant_types: [client_credentials], client_secrets: [{env: SECRET}]}]
resources: [{resource: "https://a.example", secrets: [{sha256: ${"a".repeat(64)}}, {env: SECRET}]}]
`;
  const variables = {
    KEY: `demo-${"A".repeat(38)}`,
    PASSWORD: "demo-password",
    SECRET: "demo-secret-0123",
  };
  assert.deepEqual(await problemsOf(yaml, variables), [
    `c.yaml:2:26: data_protection.keys[0]: ${MESSAGE}`,
    `c.yaml:3:25: tokens.pairwise_salt: ${MESSAGE}`,
    `c.yaml:4:41: users[0].password: ${MESSAGE}`,
    `c.yaml:5:78: clients[0].client_secrets[0]: ${MESSAGE}`,
    `c.yaml:6:131: resources[0].secrets[1]: ${MESSAGE}`,
  ]);
  for (const issuer of ["http://localhost:9000", "https://127.0.0.1", "http://[::1]:9000"]) {
    assert.deepEqual(await problemsOf(yaml, { ...variables, LATCHKEY_ISSUER: issuer }), []);
  }
});

Deno.test("config/latchkey.schema.json: is what `latchkey schema` prints", async () => {
  assert.equal(
    await Deno.readTextFile(`${DEMO}/latchkey.schema.json`),
    `${JSON.stringify(configJsonSchema(), undefined, 2)}\n`,
    "run: deno task --quiet latchkey schema > config/latchkey.schema.json",
  );
});

Deno.test("config/: every file names the schema for editors, and says what it is for", async () => {
  for await (const { name } of Deno.readDir(DEMO)) {
    if (!name.endsWith(".yaml")) continue;
    const [first, , third] = (await Deno.readTextFile(`${DEMO}/${name}`)).split("\n");
    assert.equal(first, "# yaml-language-server: $schema=./latchkey.schema.json", name);
    assert.match(third ?? "", /^# \w/, name);
  }
});

Deno.test("configJsonSchema: every member is described", () => {
  const schema = configJsonSchema() as { properties: Record<string, { description?: string }> };
  for (const [name, { description }] of Object.entries(schema.properties)) {
    assert.ok(description, name);
  }
});
