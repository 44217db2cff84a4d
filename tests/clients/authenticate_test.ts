/** Whether a client is who it says, and whether those who only guess learn anything. */

import assert from "node:assert/strict";
import { authenticateClient } from "../../src/clients/authenticate.ts";
import { sha256Hex, utf8 } from "../../src/lib/bytes.ts";
import {
  type Client,
  CLIENT_AUTHENTICATION_METHODS,
  type ClientAuthenticationMethod,
} from "../../src/oauth/client.ts";
import { readParameters } from "../../src/oauth/parameters.ts";
import { openCollections } from "../../src/store/collection.ts";
import { someClient, someClientKeys, someSecretLimits } from "../support/client.ts";
import { START, testEnv } from "../support/env.ts";
import { memoryStore } from "../support/memory_store.ts";
import { refusedAsync } from "../support/refusal.ts";

const HERE = "93.184.215.14";
const SECRET = "s3cr3t-of-the-client";
const secret = (text: string, expires_at?: number) => ({ sha256: sha256Hex(text), expires_at });

const withMethod = (token_endpoint_auth_method: ClientAuthenticationMethod, members = {}): Client =>
  someClient({
    client_id: token_endpoint_auth_method,
    token_endpoint_auth_method,
    client_secrets: [secret(SECRET)],
    ...members,
  });

function serverWith(...clients: readonly Client[]) {
  const env = testEnv();
  return {
    env,
    records: openCollections(memoryStore(), env),
    clients: {
      find: (id: string) => Promise.resolve(clients.find(({ client_id }) => client_id === id)),
    },
    clientKeys: someClientKeys(env),
    ...someSecretLimits(),
    audiences: ["https://id.example.com"],
  };
}

type Server = ReturnType<typeof serverWith>;

const SEND: Readonly<
  Record<
    Exclude<ClientAuthenticationMethod, "private_key_jwt">,
    (server: Server, client_id: string, secret: string) => Promise<Client>
  >
> = {
  client_secret_basic: (server, client_id, secret) =>
    authenticateClient(server, {
      authorization: `Basic ${utf8(`${client_id}:${secret}`).toBase64()}`,
      parameters: readParameters(""),
      address: HERE,
    }),
  client_secret_post: (server, client_id, client_secret) =>
    authenticateClient(server, {
      authorization: undefined,
      parameters: readParameters(`${new URLSearchParams({ client_id, client_secret })}`),
      address: HERE,
    }),
  none: (server, client_id) =>
    authenticateClient(server, {
      authorization: undefined,
      parameters: readParameters(`${new URLSearchParams({ client_id })}`),
      address: HERE,
    }),
};
const SENT = ["client_secret_basic", "client_secret_post", "none"] as const;

Deno.test("RFC 7591 §2: each client uses the one method that it is registered for, and no other", async () => {
  const server = serverWith(
    ...CLIENT_AUTHENTICATION_METHODS.map((method) => withMethod(method, { jwks: { keys: [] } })),
  );
  for (const registered of CLIENT_AUTHENTICATION_METHODS) {
    for (const sent of SENT) {
      const tried = SEND[sent](server, registered, SECRET);
      if (sent === registered) assert.equal((await tried).client_id, registered);
      else await refusedAsync("invalid_client", tried);
    }
  }
});

for (const method of ["client_secret_basic", "client_secret_post"] as const) {
  const send = SEND[method];

  Deno.test(`${method}: every live secret matches, an expired one does not`, async () => {
    const client = withMethod(method, {
      client_secrets: [
        secret("old", START - 1),
        secret("ending", START + 10),
        secret("new"),
        secret("next", START + 999),
      ],
    });
    const server = serverWith(client);
    for (const good of ["ending", "new", "next"]) {
      assert.equal(await send(server, method, good), client);
    }
    await refusedAsync("invalid_client", send(server, method, "old"));
    server.env.advance(10);
    await refusedAsync("invalid_client", send(server, method, "ending"));
    assert.equal(await send(server, method, "new"), client);
  });

  Deno.test(`${method}: nothing near the secret is the secret`, async () => {
    const server = serverWith(withMethod(method));
    for (
      const wrong of [
        "wrong",
        "",
        SECRET.toUpperCase(),
        ` ${SECRET}`,
        `${SECRET} `,
        SECRET.slice(1),
        `${SECRET}\0`,
        sha256Hex(SECRET),
        "0".repeat(64),
      ]
    ) await refusedAsync("invalid_client", send(server, method, wrong));
  });

  Deno.test(`${method}: a client without secrets is never authenticated`, async () => {
    const server = serverWith(withMethod(method, { client_secrets: [] }));
    for (const any of ["", "x", "undefined"]) {
      await refusedAsync("invalid_client", send(server, method, any));
    }
  });
}

Deno.test("RFC 6749 §5.2: an unknown client, a disabled one, a wrong method and a wrong secret are one answer", async () => {
  const server = serverWith(
    withMethod("client_secret_basic"),
    withMethod("client_secret_post"),
    withMethod("none"),
    withMethod("client_secret_basic", { client_id: "disabled", enabled: false }),
    withMethod("none", { client_id: "disabled-public", enabled: false }),
  );
  const errors = await Promise.all([
    SEND.client_secret_basic(server, "unknown", SECRET),
    SEND.client_secret_basic(server, "__proto__", SECRET),
    SEND.client_secret_basic(server, "disabled", SECRET),
    SEND.client_secret_basic(server, "client_secret_basic", "wrong"),
    SEND.client_secret_basic(server, "client_secret_post", SECRET),
    SEND.client_secret_basic(server, "none", ""),
    SEND.client_secret_post(server, "client_secret_basic", SECRET),
    SEND.client_secret_post(server, "client_secret_post", "wrong"),
    SEND.client_secret_post(server, "unknown", "wrong"),
    SEND.none(server, "unknown", ""),
    SEND.none(server, "disabled-public", ""),
    SEND.none(server, "client_secret_basic", ""),
  ].map((tried) => refusedAsync("invalid_client", tried)));
  const answers = new Set(
    errors.map(({ code, message, name }) => JSON.stringify({ code, message, name })),
  );
  assert.equal(answers.size, 1);
});

Deno.test("authenticateClient: the log hears who failed and why, never with which secret", async () => {
  const server = serverWith(withMethod("client_secret_post"));
  const wrong = await refusedAsync(
    "invalid_client",
    SEND.client_secret_post(server, "client_secret_post", "wrong-s3cr3t"),
  );
  assert.equal(wrong.detail["client_id"], "client_secret_post");
  assert.equal(wrong.detail["method"], "client_secret_post");
  assert.equal(typeof wrong.detail["reason"], "string");
  const long = await refusedAsync(
    "invalid_client",
    SEND.client_secret_post(server, "x".repeat(60_000), "wrong-s3cr3t"),
  );
  for (const { detail, message } of [wrong, long]) {
    const text = JSON.stringify({ detail, message });
    assert.ok(!text.includes("s3cr3t"));
    assert.ok(text.length < 1000);
  }
});

Deno.test("authenticateClient: a store that is away is no wrong secret", async () => {
  const server = serverWith();
  const find = () => Promise.reject(new Error("away"));
  await assert.rejects(SEND.none({ ...server, clients: { find } }, "web", ""), /away/);
});
