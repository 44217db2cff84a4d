/** Whether a running server takes over what changes in its folder of keys, and keeps what it has where that is broken. */

import assert from "node:assert/strict";
import { decodeProtectedHeader } from "jose";
import { SECRETS } from "../support/config.ts";
import { basic, post } from "../support/hostile.ts";
import { configure, freePort, startServer, temporaryFolder, until } from "../support/process.ts";
import { privateJwk } from "../support/signing_keys.ts";

const algorithms = { tokens: { access_token_signed_response_alg: "ES256" } };

Deno.test("serve: a key that is put into the folder is published at once, signs at its not_before, and outlasts a broken neighbour", async () => {
  await using folder = await temporaryFolder();
  const port = freePort();
  const put = async (name: string, text: string) => {
    await Deno.writeTextFile(`${folder.path}/.new`, text, { mode: 0o600 });
    await Deno.rename(`${folder.path}/.new`, `${folder.path}/${name}`);
  };
  const [rsa, es256] = [await privateJwk("RS256"), await privateJwk("ES256")];
  const first = { ...es256, kid: "first" };
  const { privateKey } = await crypto.subtle.generateKey(
    { name: "ECDSA", namedCurve: "P-256" },
    true,
    ["sign", "verify"],
  );
  const { key_ops: _, ...second } = {
    ...await crypto.subtle.exportKey("jwk", privateKey),
    kid: "second",
  };
  await put("1.json", JSON.stringify({ keys: [first, rsa] }));
  const { config, issuer } = await configure(folder.path, port, {
    ...algorithms,
    keys: { directory: folder.path },
  });
  await using server = startServer(folder.path, { args: ["--config", config] });
  await server.ready;
  const published = async () => {
    const answer = await fetch(`${issuer}/.well-known/openid-configuration/jwks`);
    const { keys } = await answer.json();
    return keys.map(({ kid }: { kid: string }) => kid);
  };
  const signing = async () => {
    const form = post("grant_type=client_credentials", basic("machine", SECRETS.machine));
    const { access_token } = await (await fetch(`${issuer}/connect/token`, form)).json();
    return decodeProtectedHeader(access_token).kid;
  };
  assert.equal(await signing(), "first");

  await put("2.json", "hunter2");
  const failed = JSON.parse(await server.logged("keys.reload_failed"));
  assert.deepEqual(failed.problems, [`${folder.path}/2.json: neither a JWK nor a JWK set`]);
  assert.equal(await signing(), "first");

  const not_before = Math.ceil(Date.now() / 1000) + 2;
  await put("2.json", JSON.stringify({ ...second, not_before }));
  await server.logged("keys.reloaded");
  assert.ok((await published()).includes("second"));
  assert.ok(await signing() === "first" || Date.now() >= not_before * 1000);
  await until(async () => await signing() === "second");
  assert.ok(Date.now() >= not_before * 1000);
  assert.ok((await published()).includes("first"));
  assert.ok(!server.stderr().join().includes("hunter2"));
  assert.equal(server.stderr().filter((line) => line.includes("keys.reload")).length, 2);

  // The process ends in time though it watches.
  server.signal("SIGTERM");
  assert.equal((await server.ended).code, 0);
});
