/** How environment variables override scalar members, and which they leave alone. */

import assert from "node:assert/strict";
import { scalars } from "../../src/config/members.ts";
import { variableName } from "../../src/config/override.ts";
import { configSchema } from "../../src/config/schema.ts";
import { load, problemsOf } from "../support/config_files.ts";

const ISSUER = "issuer: http://127.0.0.1:9000\n";

Deno.test("variableName: every scalar member of the server has one, and no two have the same", () => {
  const names = scalars(configSchema).map(({ path }) => variableName(path));
  assert.equal(new Set(names).size, names.length);
  for (
    const name of [
      "LATCHKEY_ISSUER",
      "LATCHKEY_LISTEN__PORT",
      "LATCHKEY_LISTEN__TLS__CERTIFICATE",
      "LATCHKEY_STORE__URL",
      "LATCHKEY_SHUTDOWN_GRACE",
      "LATCHKEY_TOKENS__ACCESS_TOKEN_SIGNED_RESPONSE_ALG",
      "LATCHKEY_SECURITY__LOGIN__LONGEST_DELAY",
      "LATCHKEY_BRANDING__LOGO",
    ]
  ) assert.ok(names.includes(name), name);
  assert.ok(!names.some((name) => /CLIENTS|USERS|CONFIG|ACCESS_TOKEN$|JWKS/.test(name)));
});

Deno.test("loadConfig: variables override what files say, or what they don't say", async () => {
  const { config, problems } = await load({ "c.yaml": "store: {url: a}\nlisten: {port: 1}\n" }, {
    LATCHKEY_ISSUER: "https://id.example.com",
    LATCHKEY_LISTEN__PORT: "8443",
    LATCHKEY_STORE__URL: "9000",
    LATCHKEY_SHUTDOWN_GRACE: "5",
    LATCHKEY_SESSIONS__IDLE_LIFETIME: "2h",
    LATCHKEY_CONFIG: "elsewhere",
    LATCHKEY_CLIENTS: "none",
    LATCHKEY_STORE: "none",
  });
  assert.deepEqual(problems, []);
  assert.equal(config?.issuer, "https://id.example.com");
  assert.deepEqual(config?.listen, { hostname: "127.0.0.1", port: 8443 });
  assert.equal(config?.store.url, "9000");
  assert.equal(config?.shutdown_grace, 5);
  assert.equal(config?.sessions.idle_lifetime, 7200);
});

Deno.test("loadConfig: what is wrong with a variable names the variable", async () => {
  assert.deepEqual(
    await problemsOf(`${ISSUER}listen: {hostname: 1}\n`, {
      LATCHKEY_ISSUER: "http://id.example.com",
      LATCHKEY_LISTEN__PORT: "http",
      LATCHKEY_STORE__URL: "",
      LATCHKEY_BRANDING__LOGO: "/nonexistent/logo.png",
      LATCHKEY_TOKENS__ID_TOKEN_LIFETIME: "0",
    }),
    [
      "c.yaml:2:20: listen.hostname: expected string, found number",
      "LATCHKEY_BRANDING__LOGO: branding.logo: /nonexistent/logo.png can't be read: no such file or folder",
      "LATCHKEY_ISSUER: issuer: http is for loopback alone; use https",
      "LATCHKEY_LISTEN__PORT: listen.port: expected number, found string",
      "LATCHKEY_STORE__URL: store.url: expected a text that is not empty",
      "LATCHKEY_TOKENS__ID_TOKEN_LIFETIME: tokens.id_token_lifetime: expected a duration longer than zero",
    ],
  );
});

Deno.test("loadConfig: a variable can't mend a section that is no mapping", async () => {
  assert.deepEqual(await problemsOf(`${ISSUER}store: a\n`, { LATCHKEY_STORE__URL: "b" }), [
    "c.yaml:2:8: store: expected mapping, found string",
  ]);
});

Deno.test("loadConfig: overriding one member leaves alone what an alias shares with it", async () => {
  const { config } = await load({
    "c.yaml": `${ISSUER}tokens: &t {id_token_lifetime: 60}
users: [{sub: a, username: a, claims: *t}]\n`,
  }, { LATCHKEY_TOKENS__ID_TOKEN_LIFETIME: "2m" });
  assert.equal(config?.tokens.id_token_lifetime, 120);
  assert.deepEqual(config?.users[0]?.claims, { id_token_lifetime: 60 });
});
