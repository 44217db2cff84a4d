/** Whether the endpoint for pushed requests, and what comes of them, stand what nobody sends in good faith. */

import assert from "node:assert/strict";
import { agent } from "../support/agent.ts";
import { CALLBACK, RESOURCES, SECRETS } from "../support/config.ts";
import { CHALLENGE } from "../support/flow.ts";
import {
  assertNothingReflected,
  dump,
  eachJunk,
  encode,
  KINDS_OF_JUNK,
  type Outcomes,
} from "../support/hostile.ts";
import { memoryStore } from "../support/memory_store.ts";
import { PAR, push, pushedUrl, requestUriOf } from "../support/pushed.ts";
import { testServer } from "../support/server.ts";

const invalid = "invalid_request";
const optional = { missing: "ok", empty: "ok" } as const;
/** Printable, so that NUL and line breaks are refused; markup is text. */
const printable: Outcomes = {
  ...optional,
  html: "ok",
  percent: "ok",
  json: "ok",
  number: "ok",
  otherwise: invalid,
};
const text: Outcomes = { ...printable, unicode: "ok", surrogate: "ok" };

const FORM = {
  client_secret: SECRETS.post,
  redirect_uri: CALLBACK,
  response_type: "code",
  response_mode: "query",
  scope: "invoices.read openid",
  state: "state-1",
  nonce: "nonce-1",
  prompt: "login",
  max_age: "60",
  login_hint: "alice",
  ui_locales: "de",
  resource: RESOURCES.api,
  code_challenge: CHALLENGE,
  code_challenge_method: "S256",
  client_id: "post",
};

const TABLE: Readonly<Record<string, Outcomes>> = {
  client_id: {
    missing: invalid,
    empty: invalid,
    twice: invalid,
    otherwise: "invalid_client",
  },
  client_secret: { twice: invalid, otherwise: "invalid_client" },
  redirect_uri: { otherwise: invalid },
  response_type: {
    missing: invalid,
    empty: invalid,
    twice: invalid,
    otherwise: "unsupported_response_type",
  },
  response_mode: { ...optional, otherwise: invalid },
  scope: {
    twice: invalid,
    nul: invalid,
    crlf: invalid,
    percent: "ok",
    otherwise: "invalid_scope",
  },
  state: printable,
  nonce: printable,
  prompt: { ...optional, otherwise: invalid },
  max_age: { ...optional, otherwise: invalid },
  login_hint: text,
  ui_locales: text,
  resource: { ...optional, twice: "ok", otherwise: "invalid_target" },
  code_challenge: { otherwise: invalid },
  code_challenge_method: { otherwise: invalid },
  // Empty ones are none, even two.
  request: { ...optional, twice: "ok", otherwise: "request_not_supported" },
  request_uri: { ...optional, twice: "ok", otherwise: invalid },
  id_token_hint: { ...optional, twice: "ok", otherwise: invalid },
  unknown: { otherwise: "ok" },
};

Deno.test("RFC 9126 §2.3: junk in any parameter is refused with the right code, and nothing is kept", async () => {
  await using server = await testServer({ store: memoryStore() });
  await eachJunk(server, PAR, TABLE, () => Promise.resolve({ form: FORM }), (name) =>
    // A wrong secret may be counted.
    name === "client_secret" || name === "client_id");
});

Deno.test("RFC 9126 §4: junk in request_uri or client_id is a page, and nobody is sent anywhere", async () => {
  await using server = await testServer({ store: memoryStore() });
  const request_uri = requestUriOf(await push(server));
  const before = await dump(server.store);
  for (const name of ["request_uri", "client_id"]) {
    for (const junk of KINDS_OF_JUNK) {
      const query = encode({ client_id: "spa", request_uri }, name, junk);
      for (const init of [undefined, postOf(query)]) {
        const path = init === undefined ? `/connect/authorize?${query}` : "/connect/authorize";
        const response = await server.fetch(path, init);
        const body = await response.text();
        assert.ok([400, 413].includes(response.status), `${name} ${junk} ${response.status}`);
        assert.match(body, /<div id="error">/);
        assertNothingReflected(response.headers, body);
      }
    }
  }
  assert.deepEqual(await dump(server.store), before);
  const visit = await agent(server).open(pushedUrl(server, request_uri));
  assert.equal(visit.status, 200);
});

function postOf(body: string): RequestInit {
  const headers = { "Content-Type": "application/x-www-form-urlencoded" };
  return { method: "POST", headers, body };
}

Deno.test("RFC 9126 §7.1: no other handle of ours, nor one of another spelling, passes for a request_uri", async () => {
  await using server = await testServer({ store: memoryStore() });
  const browser = agent(server);
  const login = await browser.open(pushedUrl(server, requestUriOf(await push(server))));
  const interaction = login.url.searchParams.get("interaction") ?? "";
  const request_uri = requestUriOf(await push(server));
  const handle = request_uri.slice(request_uri.lastIndexOf(":") + 1);
  const prefix = request_uri.slice(0, -handle.length);
  for (
    const uri of [
      prefix + interaction,
      prefix.toUpperCase() + handle,
      handle,
      ` ${request_uri}`,
      `${request_uri} `,
      `${request_uri}#x`,
      prefix + handle.toLowerCase(),
      `${prefix}${prefix}${handle}`,
      `${prefix}__proto__`,
    ]
  ) {
    const { status } = await browser.open(pushedUrl(server, uri));
    assert.equal(status, 400, uri);
  }
  // Nor does the handle open a page.
  assert.equal((await browser.open(`/account/login?interaction=${handle}`)).status, 400);
});
