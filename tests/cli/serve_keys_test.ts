/** Whether `serve` says of every algorithm without a key where it is asked for, at its start and at SIGHUP. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { configure, freePort, startServer, temporaryFolder } from "../support/process.ts";
import { privateJwk } from "../support/signing_keys.ts";

Deno.test("serve: an algorithm without a key is refused with its place, at the start and at SIGHUP", async () => {
  await using folder = await temporaryFolder();
  const key = join(folder.path, "key.jwk");
  await Deno.writeTextFile(key, JSON.stringify({ keys: [await privateJwk("ES256")] }));
  await Deno.chmod(key, 0o600);
  const port = freePort();
  const members = (...clients: Record<string, unknown>[]) => ({
    keys: { jwks: { file: key } },
    tokens: { access_token_signed_response_alg: "ES256" },
    resources: [],
    clients: clients.map((client, index) => ({
      client_id: `c${index}`,
      client_secrets: [{ sha256: "0".repeat(64) }],
      redirect_uris: ["https://rp.example/cb"],
      id_token_signed_response_alg: "ES256",
      ...client,
    })),
  });
  const { config } = await configure(
    folder.path,
    port,
    members({ access_token_signed_response_alg: "PS256" }, {
      id_token_signed_response_alg: "EdDSA",
    }),
  );
  const expected = [
    /:\d+:\d+: clients\[0\]\.access_token_signed_response_alg: no key signs with PS256$/,
    /:\d+:\d+: clients\[1\]\.id_token_signed_response_alg: no key signs with EdDSA$/,
  ];
  const assertAll = (lines: readonly string[]) => {
    assert.equal(lines.length, expected.length, lines.join("\n"));
    for (const [index, pattern] of expected.entries()) {
      assert.ok(lines[index]?.startsWith(config), lines[index]);
      assert.match(lines[index] ?? "", pattern);
    }
  };
  {
    await using refused = startServer(folder.path, { args: ["--config", config] });
    assert.equal((await refused.ended).code, 1);
    assertAll(refused.stderr().filter((line) => !line.startsWith("{")));
  }
  await configure(folder.path, port, members({}));
  await using server = startServer(folder.path, { args: ["--config", config] });
  await server.ready;
  await configure(
    folder.path,
    port,
    members({ access_token_signed_response_alg: "PS256" }, {
      id_token_signed_response_alg: "EdDSA",
    }),
  );
  server.signal("SIGHUP");
  assertAll(JSON.parse(await server.logged("config.reload_failed")).problems);
});
