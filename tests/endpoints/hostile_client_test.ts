/** Whether client authentication stands what nobody sends in good faith. */

import assert from "node:assert/strict";
import { SignJWT } from "jose";
import { MANY_SECRETS, RAW_CONFIG, type RawConfig, SECRETS } from "../support/config.ts";
import { assertRefusal, basic, dump, eachJunk, encode, post } from "../support/hostile.ts";
import { memoryStore } from "../support/memory_store.ts";
import { type TestServer, testServer } from "../support/server.ts";
import { privateJwk, publicJwk } from "../support/signing_keys.ts";

const ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

const ES256 = await privateJwk("ES256");

async function signerServer(): Promise<TestServer> {
  const clients = RAW_CONFIG["clients"] as RawConfig[];
  const signer = {
    client_id: "signer",
    token_endpoint_auth_method: "private_key_jwt",
    jwks: { keys: [publicJwk(ES256)] },
    grant_types: ["client_credentials"],
    scope: "invoices.read",
  };
  return await testServer({
    config: { ...MANY_SECRETS, clients: [...clients, signer] },
    store: memoryStore(),
  });
}

Deno.test("private_key_jwt: junk in any parameter is refused with the right code, and no jti is used up", async () => {
  await using server = await signerServer();
  const table = {
    client_id: {
      missing: "ok",
      empty: "ok",
      twice: "invalid_request",
      otherwise: "invalid_client",
    },
    client_assertion_type: { twice: "invalid_request", otherwise: "invalid_client" },
    client_assertion: { twice: "invalid_request", otherwise: "invalid_client" },
  };
  await eachJunk(server, "/connect/token", table, async () => ({
    form: {
      grant_type: "client_credentials",
      client_id: "signer",
      client_assertion_type: ASSERTION_TYPE,
      client_assertion: await assertion(server, {}),
    },
  }));
});

async function assertion(server: TestServer, claims: Record<string, unknown>, header = {}) {
  const now = server.env.now();
  return await new SignJWT({
    iss: "signer",
    sub: "signer",
    aud: server.issuer,
    exp: now + 60,
    jti: crypto.randomUUID(),
    ...claims,
  }).setProtectedHeader({ alg: "ES256", ...header }).sign(await signingKey());
}

async function signingKey(): Promise<CryptoKey> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  return await crypto.subtle.importKey("jwk", ES256 as JsonWebKey, algorithm, false, ["sign"]);
}

Deno.test("private_key_jwt: well-signed claims of a wrong kind are refused as a wrong secret is", async () => {
  await using server = await signerServer();
  const now = server.env.now();
  const wrong: Record<string, readonly unknown[]> = {
    iss: [undefined, null, "", "web", 1, ["signer"], {}],
    sub: [undefined, null, "", "web", 1, ["signer"], {}],
    aud: [undefined, null, "", 1, {}, [], [null], ["https://evil.example"], `${server.issuer}/`],
    exp: [undefined, null, "9999999999", now - 61, now + 86_400, 1e308, -1, {}, []],
    iat: [null, "1", now + 3600, {}],
    nbf: [null, "1", now + 3600, {}],
    jti: [undefined, null, "", 1, {}, [], "j".repeat(513)],
  };
  const before = await dump(server.store);
  for (const [name, values] of Object.entries(wrong)) {
    for (const value of values) {
      const client_assertion = await assertion(server, { [name]: value });
      const response = await send(server, client_assertion);
      const because = `${name}: ${JSON.stringify(value)?.slice(0, 50)}`;
      assertRefusal(response, await response.text(), "invalid_client", 401, because);
    }
  }
  for (
    const client_assertion of [
      "a.b.c",
      "..",
      "eyJhbGciOiJub25lIn0.eyJzdWIiOiJzaWduZXIifQ.",
      `${await assertion(server, {})}=`,
      (await assertion(server, {})).replace(/^[^.]+/, btoa("[]").replaceAll("=", "")),
      "e30." + btoa('{"sub":{}}').replaceAll("=", "") + ".e30",
      "e30.____.e30",
    ]
  ) {
    const response = await send(server, client_assertion);
    assertRefusal(response, await response.text(), "invalid_client", 401, client_assertion);
  }
  assert.deepEqual(await dump(server.store), before);
  assert.equal((await send(server, await assertion(server, {}))).status, 200);
});

async function send(server: TestServer, client_assertion: string): Promise<Response> {
  const form = { grant_type: "client_credentials", client_assertion, client_id: "signer" };
  const body = encode({ ...form, client_assertion_type: ASSERTION_TYPE });
  return await server.fetch("/connect/token", post(body));
}

const AUTHORIZATIONS = [
  "Basic",
  "Basic ",
  "Basic =",
  "Basic %%%",
  "Basic bWFjaGluZQ==", // no colon
  "Basic Og==", // ":"
  `Basic ${btoa("machine:%zz")}`,
  `Basic ${btoa("machine:%ED%A0%80")}`,
  `Basic ${btoa("machine:%00")}`,
  `Basic ${btoa("machine:\xff\xfe")}`,
  `Basic ${btoa("machine:wrong")}`,
  `Basic ${btoa(`machine:${SECRETS.machine}\n`)}`,
  `Basic ${btoa("__proto__:x")}`,
  `Basic ${btoa("constructor:x")}`,
  `Basic ${btoa("spa:")}`,
  `Basic ${btoa(`post:${SECRETS.post}`)}`,
  `Basic ${btoa(`machine:${SECRETS.machine}`)}, Basic ${btoa("a:b")}`,
  `Basic ${btoa(`machine:${"s".repeat(40_000)}`)}`,
  "Bearer abc",
  "Negotiate",
  "Digest username=machine",
  "\x80\xff",
  "Basic\tbWFjaGluZTp4",
];

Deno.test("RFC 6749 §5.2: junk in the Authorization header is invalid_client with a challenge", async () => {
  await using server = await signerServer();
  const before = await dump(server.store, "throttle");
  for (const path of ["/connect/token", "/connect/revocation"]) {
    for (const Authorization of AUTHORIZATIONS) {
      const body = "grant_type=client_credentials&token=x";
      const response = await server.fetch(path, post(body, { Authorization }));
      assertRefusal(response, await response.text(), "invalid_client", 401, Authorization);
    }
    const both = post(
      encode({ grant_type: "client_credentials", client_id: "post", client_secret: SECRETS.post }),
      {
        ...basic("machine", SECRETS.machine),
      },
    );
    const response = await server.fetch(path, both);
    assertRefusal(response, await response.text(), "invalid_request");
  }
  assert.deepEqual(await dump(server.store, "throttle"), before);
});
