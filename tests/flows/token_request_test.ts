/** How the token endpoint refuses: grant types, client authentication, methods and media types. */

import assert from "node:assert/strict";
import { SECRETS, withClient } from "../support/config.ts";
import { START } from "../support/env.ts";
import { answer, assertRefused, basic, type Fields, post, requestToken } from "../support/flow.ts";
import { listeningServer } from "../support/server.ts";

Deno.test("RFC 6749 §5.2: unknown and unusable grant types", async () => {
  await using server = await listeningServer();
  const ask = (client_id: string, grant_type?: string) =>
    requestToken(server, client_id, { grant_type });
  assertRefused(await ask("spa"), "invalid_request");
  for (const name of ["password", "implicit", "toString", "__proto__", "urn:x"]) {
    assertRefused(await ask("spa", name), "unsupported_grant_type");
  }
  assertRefused(await ask("spa", "client_credentials"), "unauthorized_client");
  assertRefused(await ask("machine", "authorization_code"), "unauthorized_client");
  assertRefused(await ask("machine", "refresh_token"), "unauthorized_client");
  assertRefused(await ask("spa", "authorization_code"), "invalid_request");
  assertRefused(await ask("spa", "refresh_token"), "invalid_request");
});

Deno.test("RFC 6749 §5.2: failed client authentication is 401 with a challenge, the same for every reason", async () => {
  await using server = await listeningServer();
  const grant_type = "client_credentials";
  const attempts: readonly (readonly [Fields, string | undefined])[] = [
    [{}, basic("machine", "wrong")],
    [{}, basic("nobody", SECRETS.machine)],
    [{}, basic("post", SECRETS.post)],
    [{}, basic("spa", "")],
    [{}, "Basic !"],
    [{}, "Bearer token"],
    [{}, undefined],
    [{ client_id: "machine" }, undefined],
    [{ client_id: "machine", client_secret: SECRETS.machine }, undefined],
    [{ client_id: "nobody", client_secret: "wrong" }, undefined],
    [{ client_id: "nobody" }, undefined],
  ];
  const bodies = new Set<string>();
  for (const [form, authorization] of attempts) {
    const headers: Record<string, string> = {};
    if (authorization !== undefined) headers["Authorization"] = authorization;
    const refused = await post(server, "/connect/token", { grant_type, ...form }, headers);
    assertRefused(refused, "invalid_client", 401);
    assert.equal(refused.headers.get("WWW-Authenticate"), `Basic realm="${server.issuer}"`);
    bodies.add(JSON.stringify(refused.body));
  }
  assert.equal(bodies.size, 1);
});

Deno.test("RFC 6749 §2.3: two authentication methods in one request are refused", async () => {
  await using server = await listeningServer();
  const headers = { Authorization: basic("machine", SECRETS.machine) };
  const form = { grant_type: "client_credentials", client_id: "machine" };
  const twice = { ...form, client_secret: SECRETS.machine };
  assertRefused(await post(server, "/connect/token", twice, headers), "invalid_request");
  assert.equal((await post(server, "/connect/token", form, headers)).status, 200);
});

Deno.test("RFC 6749 §2.3.1: id and secret in Basic are form-decoded", async () => {
  const value = "a b+c:d%/ü=&";
  await using server = await listeningServer({
    config: withClient("machine", { client_secrets: [{ value }] }),
  });
  const encoded = new URLSearchParams({ "": value }).toString().slice(1);
  const headers = { Authorization: basic("machine", encoded) };
  const form = { grant_type: "client_credentials" };
  assert.equal((await post(server, "/connect/token", form, headers)).status, 200);
});

Deno.test("client_secrets: several are alive at once, each until it expires", async () => {
  const iso = (time: number) => new Date(time * 1000).toISOString();
  await using server = await listeningServer({
    config: withClient("machine", {
      client_secrets: [
        { value: "old-secret-0123456789", expires_at: iso(START + 60) },
        { value: SECRETS.machine },
      ],
    }),
  });
  const form = { grant_type: "client_credentials" };
  const ask = async (secret: string) =>
    (await post(server, "/connect/token", form, { Authorization: basic("machine", secret) }))
      .status;
  assert.deepEqual([await ask("old-secret-0123456789"), await ask(SECRETS.machine)], [200, 200]);
  server.env.advance(60);
  assert.deepEqual([await ask("old-secret-0123456789"), await ask(SECRETS.machine)], [401, 200]);
});

Deno.test("RFC 6749 §3.2: POST alone, a form alone, every parameter once", async () => {
  await using server = await listeningServer();
  const path = "/connect/token";
  const form = "grant_type=client_credentials";
  const Authorization = basic("machine", SECRETS.machine);
  for (const method of ["GET", "PUT", "DELETE"]) {
    const refused = await answer(
      await server.fetch(`${path}?${form}`, { method, headers: { Authorization } }),
    );
    assert.equal(refused.status, 405, method);
    assert.equal(refused.headers.get("Allow"), "POST");
  }
  const send = async (body: string, type?: string) => {
    const headers = { Authorization, "Content-Type": type ?? "application/x-www-form-urlencoded" };
    return await answer(await server.fetch(path, { method: "POST", body, headers }));
  };
  assert.equal((await send(form)).status, 200);
  assert.equal((await send(form, "application/x-www-form-urlencoded; charset=UTF-8")).status, 200);
  assertRefused(await send(form, "text/plain"), "invalid_request");
  assertRefused(
    await send(`{"grant_type":"client_credentials"}`, "application/json"),
    "invalid_request",
  );
  assertRefused(await send(`${form}&${form}`), "invalid_request");
  assertRefused(await send(`${form}&scope=invoices.read&scope=calendar.read`), "invalid_request");
  assertRefused(await send(`${form}&padding=${"x".repeat(70_000)}`), "invalid_request", 413);
});
