/** Whether the token and revocation endpoints stand what nobody sends in good faith. */

import assert from "node:assert/strict";
import { CALLBACK, MANY_SECRETS, SCOPE, SECRETS } from "../support/config.ts";
import { agent, logIn } from "../support/agent.ts";
import { authorizeUrl, VERIFIER } from "../support/flow.ts";
import { basic, dump, eachJunk, encode, type Outcomes, post } from "../support/hostile.ts";
import { memoryStore } from "../support/memory_store.ts";
import { type TestServer, testServer } from "../support/server.ts";

const required: Omit<Outcomes, "otherwise"> = {
  missing: "invalid_request",
  empty: "invalid_request",
  twice: "invalid_request",
};
const optional = { missing: "ok", empty: "ok" } as const;
const grant_type: Outcomes = { ...required, otherwise: "unsupported_grant_type" };
const resource: Outcomes = { ...optional, twice: "ok", otherwise: "invalid_target" };
const scope: Outcomes = { ...optional, twice: "invalid_request", otherwise: "invalid_scope" };
const unknown: Outcomes = { otherwise: "ok" };

/** `client_secret_post`. */
const authentication: Readonly<Record<string, Outcomes>> = {
  client_id: { ...required, otherwise: "invalid_client" },
  client_secret: { twice: "invalid_request", otherwise: "invalid_client" },
};

/** A browser in which alice is logged in, and codes from it. */
async function codes(server: TestServer, client_id: string): Promise<() => Promise<string>> {
  const browser = agent(server);
  const request = authorizeUrl(server, { client_id, scope: SCOPE });
  await logIn(browser, await browser.open(request), "alice");
  return async () => {
    const { url } = await browser.open(request);
    return url.searchParams.get("code") ?? assert.fail(url.href);
  };
}

const credentials = { client_id: "post", client_secret: SECRETS.post };

/** A good token request for a code of `codes`, as a client proves itself. */
function redemption(code: string, proof: Readonly<Record<string, string>> = credentials) {
  return {
    grant_type: "authorization_code",
    code,
    redirect_uri: CALLBACK,
    code_verifier: VERIFIER,
    ...proof,
  };
}

Deno.test("authorization_code: junk in any parameter is refused with the right code, and only a code presented wrongly ends", async () => {
  await using server = await testServer({ config: MANY_SECRETS, store: memoryStore() });
  const newCode = await codes(server, "post");
  const table = {
    grant_type,
    code: { ...required, otherwise: "invalid_grant" },
    redirect_uri: { twice: "invalid_request", otherwise: "invalid_grant" },
    code_verifier: { twice: "invalid_request", otherwise: "invalid_grant" },
    resource,
    ...authentication,
    unknown: { ...unknown, twice: "invalid_request" },
  };
  await eachJunk(server, "/connect/token", table, async () => ({
    form: {
      ...redemption(await newCode()),
      resource: "https://api.example.com",
      unknown: "x",
    },
  }), (name) => name === "redirect_uri" || name === "code_verifier");
});

Deno.test("refresh_token: junk in any parameter is refused with the right code, and nothing changes", async () => {
  await using server = await testServer({ config: MANY_SECRETS, store: memoryStore() });
  const newCode = await codes(server, "post");
  const form = async () => {
    const body = encode(redemption(await newCode()));
    const { refresh_token } = await (await server.fetch("/connect/token", post(body))).json();
    const resource = "https://api.example.com";
    return {
      form: { grant_type: "refresh_token", refresh_token, scope: SCOPE, resource, ...credentials },
    };
  };
  await eachJunk(server, "/connect/token", {
    grant_type,
    refresh_token: { ...required, otherwise: "invalid_grant" },
    scope,
    resource,
    ...authentication,
  }, form);
});

Deno.test("client_credentials: junk in any parameter is refused with the right code, and nothing changes", async () => {
  await using server = await testServer({ config: MANY_SECRETS, store: memoryStore() });
  const form = {
    grant_type: "client_credentials",
    client_id: "machine",
    scope: "invoices.read",
    resource: "https://api.example.com",
  };
  const table = {
    grant_type,
    scope,
    resource,
    client_id: { ...optional, otherwise: "invalid_request" },
  };
  await eachJunk(
    server,
    "/connect/token",
    table,
    () => Promise.resolve({ form, headers: basic("machine", SECRETS.machine) }),
  );
});

Deno.test("none: junk in any parameter is refused with the right code", async () => {
  await using server = await testServer({ config: MANY_SECRETS, store: memoryStore() });
  const newCode = await codes(server, "spa");
  const table = {
    client_id: { twice: "invalid_request", otherwise: "invalid_client" },
    // RFC 6749 §3.1: an empty parameter is no parameter, twice either
    client_secret: { ...optional, twice: "ok", otherwise: "invalid_client" },
  };
  await eachJunk(server, "/connect/token", table, async () => ({
    form: redemption(await newCode(), { client_id: "spa" }),
  }));
});

Deno.test("revocation: junk in any parameter is refused with the right code, and revokes nothing", async () => {
  await using server = await testServer({ config: MANY_SECRETS, store: memoryStore() });
  const newCode = await codes(server, "post");
  const form = encode(redemption(await newCode()));
  const tokens = await (await server.fetch("/connect/token", post(form))).json();
  for (const token of [tokens.refresh_token, tokens.access_token, tokens.id_token]) {
    const before = await dump(server.store, "throttle");
    await eachJunk(server, "/connect/revocation", {
      // RFC 7009 §2.2: an unknown token is no error
      token: { ...required, otherwise: "ok" },
      token_type_hint: { twice: "invalid_request", otherwise: "ok" },
      ...authentication,
    }, () =>
      Promise.resolve({
        form: { token: `${token}x`, token_type_hint: "refresh_token", ...credentials },
      }));
    assert.deepEqual(await dump(server.store, "throttle"), before);
  }
});
