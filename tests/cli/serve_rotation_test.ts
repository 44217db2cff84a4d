/** Whether SIGHUP changes which algorithms have managed keys, and nothing else about the keys. */

import assert from "node:assert/strict";
import { configure, freePort, startServer, temporaryFolder, until } from "../support/process.ts";

Deno.test("serve: at SIGHUP managed keys stay, a new algorithm gets one, and one that is left out signs no more", async () => {
  await using folder = await temporaryFolder();
  const port = freePort();
  const members = (...algorithms: string[]) => ({
    keys: { managed: { algorithms } },
    tokens: { access_token_signed_response_alg: "ES256" },
    resources: [],
    clients: [],
  });
  const { config, issuer } = await configure(folder.path, port, members("ES256"));
  await using server = startServer(folder.path, { args: ["--config", config] });
  await server.ready;
  let reloads = 0;
  const reload = async (...algorithms: string[]) => {
    await configure(folder.path, port, members(...algorithms));
    server.signal("SIGHUP");
    reloads++;
    await until(async () => {
      await published();
      return logged("config.reloaded").length === reloads;
    });
  };
  const logged = (name: string) =>
    server.stderr().filter((line) => line.includes(`"${name}"`)).map((line) => JSON.parse(line));
  const published = async (): Promise<string[]> => {
    const { keys } = await (await fetch(`${issuer}/.well-known/openid-configuration/jwks`)).json();
    return keys.map(({ kid }: { kid: string }) => kid);
  };
  const signing = async (): Promise<string[]> => {
    const response = await fetch(`${issuer}/.well-known/openid-configuration`);
    return (await response.json()).id_token_signing_alg_values_supported;
  };
  const first = await published();
  assert.equal(first.length, 1);
  await reload("ES256", "EdDSA");
  const both = await published();
  assert.equal(both[0], first[0]);
  assert.deepEqual([both.length, await signing()], [2, ["ES256", "EdDSA"]]);
  await reload("ES256");
  assert.deepEqual([await published(), await signing()], [both, ["ES256"]]);
  await reload("ES256", "EdDSA");
  assert.deepEqual([await published(), await signing()], [both, ["ES256", "EdDSA"]]);
  assert.equal(logged("key.created").length, 2);
  assert.deepEqual(logged("key.tend_failed"), []);
});
