/** Whether whoever asks about tokens is who it says, and whether those who only guess learn anything. */

import assert from "node:assert/strict";
import { authenticateIntrospector } from "../../src/clients/introspector.ts";
import { createResourceRegistry } from "../../src/clients/resources.ts";
import { sha256Hex, utf8 } from "../../src/lib/bytes.ts";
import { CLIENT_ASSERTION_TYPE } from "../../src/oauth/assertion.ts";
import { readParameters } from "../../src/oauth/parameters.ts";
import { openCollections } from "../../src/store/collection.ts";
import { someClient, someClientKeys, someSecretLimits } from "../support/client.ts";
import { testConfig, withResource } from "../support/config.ts";
import { START, testEnv } from "../support/env.ts";
import { memoryStore } from "../support/memory_store.ts";
import { refusedAsync } from "../support/refusal.ts";

const API = "https://api.example.com";
const SECRET = "s3cr3t-of-the-api";
const CLIENT_SECRETS = [{ sha256: sha256Hex(SECRET), expires_at: undefined }];

const clients = [
  someClient({ client_id: "web", client_secrets: CLIENT_SECRETS }),
  someClient({ client_id: "spa", token_endpoint_auth_method: "none" }),
  someClient({ client_id: "off", client_secrets: CLIENT_SECRETS, enabled: false }),
];

async function serverWith(...secrets: Record<string, unknown>[]) {
  const env = testEnv();
  const asked: string[] = [];
  return {
    env,
    records: openCollections(memoryStore(), env),
    clients: {
      find(id: string) {
        asked.push(id);
        return Promise.resolve(clients.find(({ client_id }) => client_id === id));
      },
    },
    resources: createResourceRegistry(await testConfig(withResource("api", { secrets }))),
    clientKeys: someClientKeys(env),
    ...someSecretLimits(),
    audiences: ["https://id.example.com"],
    /** Whom the registry was asked for. */
    asked,
  };
}

type Server = Awaited<ReturnType<typeof serverWith>>;

const ask = (server: Server, form: Record<string, string>, pair?: string) =>
  authenticateIntrospector(server, {
    authorization: pair === undefined ? undefined : `Basic ${utf8(pair).toBase64()}`,
    parameters: readParameters(`${new URLSearchParams(form)}`),
    address: "93.184.215.14",
  });

Deno.test("RFC 7662 §2.1: an API proves itself by Basic, encoded or not, or in the form", async () => {
  const server = await serverWith({ sha256: sha256Hex(SECRET) });
  for (
    const asked of [
      ask(server, {}, `${encodeURIComponent(API)}:${SECRET}`),
      ask(server, {}, `${API}:${SECRET}`),
      ask(server, { client_id: API }, `${API}:${SECRET}`),
      ask(server, { client_id: API, client_secret: SECRET }),
    ]
  ) {
    const { kind, name } = await asked;
    assert.deepEqual([kind, name], ["resource", API]);
  }
});

Deno.test("RFC 7662 §2.1: a confidential client proves itself by its own method", async () => {
  const server = await serverWith();
  const { kind, name, party } = await ask(server, {}, `web:${SECRET}`);
  assert.deepEqual([kind, name, party], ["client", "web", clients[0]]);
});

Deno.test("RFC 7662 §2.1: every live secret of an API matches, an expired one does not", async () => {
  const server = await serverWith(
    { value: "old", expires_at: START },
    { value: "ending", expires_at: START + 10 },
    { value: "new" },
  );
  const by = (secret: string) => ask(server, {}, `${API}:${secret}`);
  await refusedAsync("invalid_client", by("old"));
  assert.equal((await by("ending")).name, API);
  assert.equal((await by("new")).name, API);
  server.env.advance(10);
  await refusedAsync("invalid_client", by("ending"));
  assert.equal((await by("new")).name, API);
});

Deno.test("RFC 7662 §4: whoever is not proven gets one answer, and both registers are asked each time", async () => {
  const server = await serverWith({ value: SECRET });
  const assertion = `a.${
    utf8(JSON.stringify({ sub: API })).toBase64({ alphabet: "base64url", omitPadding: true })
  }.c`;
  const attempts = [
    ask(server, {}, `${API}:wrong`),
    ask(server, {}, `${API}:`),
    ask(server, {}, `${API}/:${SECRET}`),
    ask(server, {}, `https://unknown.example:${SECRET}`),
    // it has no secret at all
    ask(server, {}, "https://calendar.example.com:"),
    ask(server, { client_id: API, client_secret: "wrong" }),
    ask(server, {}, "web:wrong"),
    ask(server, {}, `unknown:${SECRET}`),
    ask(server, {}, `off:${SECRET}`),
    ask(server, {}, "spa:"),
    ask(server, { client_id: "web", client_secret: SECRET }),
    ask(server, { client_assertion: assertion, client_assertion_type: CLIENT_ASSERTION_TYPE }),
  ];
  const known = attempts.length;
  const errors = await Promise.all([
    ...attempts,
    ask(server, { client_id: "spa" }),
    ask(server, { client_id: API }),
    ask(server, {}),
  ].map((tried) => refusedAsync("invalid_client", tried)));
  assert.equal(new Set(errors.map(({ code, message }) => `${code} ${message}`)).size, 1);
  assert.equal(server.asked.length, known);
});

Deno.test("private_key_jwt: an assertion is no secret of an API, even where it is the very text", async () => {
  const assertion = `a.${
    utf8(JSON.stringify({ sub: API })).toBase64({ alphabet: "base64url", omitPadding: true })
  }.c`;
  const server = await serverWith({ value: assertion });
  const form = { client_assertion: assertion, client_assertion_type: CLIENT_ASSERTION_TYPE };
  await refusedAsync("invalid_client", ask(server, form));
});

Deno.test("authenticateIntrospector: the log hears which API failed, never with which secret", async () => {
  const server = await serverWith({ value: SECRET });
  const { detail } = await refusedAsync("invalid_client", ask(server, {}, `${API}:wrong-s3cr3t`));
  assert.equal(detail["resource"], API);
  assert.ok(!JSON.stringify(detail).includes("s3cr3t"));
});
