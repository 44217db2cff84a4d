/** Whether an assertion authenticates its client, once, and nobody else's does (RFC 7523). */

import assert from "node:assert/strict";
import { exportJWK, generateKeyPair, type JWK, type JWTHeaderParameters, SignJWT } from "jose";
import { authenticateClient } from "../../src/clients/authenticate.ts";
import { base64url, utf8 } from "../../src/lib/bytes.ts";
import { CLIENT_ASSERTION_TYPE } from "../../src/oauth/assertion.ts";
import { type Client, SIGNING_ALGORITHMS } from "../../src/oauth/client.ts";
import { OAuthError } from "../../src/oauth/error.ts";
import { readParameters } from "../../src/oauth/parameters.ts";
import { openCollections } from "../../src/store/collection.ts";
import { someClient, someClientKeys, someSecretLimits } from "../support/client.ts";
import { START, testEnv } from "../support/env.ts";
import { memoryStore } from "../support/memory_store.ts";
import { refusedAsync } from "../support/refusal.ts";

const ISSUER = "https://id.example.com";
const TOKEN_ENDPOINT = `${ISSUER}/connect/token`;

type Pair = Awaited<ReturnType<typeof newKey>>;

async function newKey(alg: string) {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { alg, privateKey, jwk: await exportJWK(publicKey) };
}

const KEY = await newKey("ES256");

function robot(keys: readonly JWK[] = [KEY.jwk], members: Partial<Client> = {}): Client {
  return someClient({
    client_id: "robot",
    token_endpoint_auth_method: "private_key_jwt",
    jwks: { keys },
    ...members,
  });
}

function serverWith(clients: readonly Client[], store = memoryStore()) {
  const env = testEnv();
  return {
    env,
    records: openCollections(store, env),
    clients: {
      find: (id: string) => Promise.resolve(clients.find(({ client_id }) => client_id === id)),
    },
    clientKeys: someClientKeys(env),
    ...someSecretLimits(),
    audiences: [ISSUER, TOKEN_ENDPOINT],
  };
}

let jtis = 0;

/** A good assertion of `robot`, with these claims instead (`undefined` leaves one out). */
function assertionOf(
  claims: Readonly<Record<string, unknown>> = {},
  { alg, privateKey }: Pick<Pair, "alg" | "privateKey"> = KEY,
  header: Partial<JWTHeaderParameters> = {},
): Promise<string> {
  const all = {
    iss: "robot",
    sub: "robot",
    aud: ISSUER,
    exp: START + 60,
    iat: START,
    jti: `j${++jtis}`,
    ...claims,
  };
  return new SignJWT(all).setProtectedHeader({ alg, ...header }).sign(privateKey);
}

function authenticate(
  server: ReturnType<typeof serverWith>,
  client_assertion: string,
  more: Readonly<Record<string, string>> = {},
): Promise<Client> {
  const body = { client_assertion, client_assertion_type: CLIENT_ASSERTION_TYPE, ...more };
  const parameters = readParameters(`${new URLSearchParams(body)}`);
  return authenticateClient(server, {
    authorization: undefined,
    parameters,
    address: "93.184.215.14",
  });
}

const refusedHere = (...[server, ...rest]: Parameters<typeof authenticate>) =>
  refusedAsync("invalid_client", authenticate(server, ...rest));

Deno.test("RFC 7523 §2.2: an assertion by the client's key authenticates it, with client_id and without", async () => {
  const server = serverWith([robot()]);
  assert.equal((await authenticate(server, await assertionOf())).client_id, "robot");
  const again = await authenticate(server, await assertionOf(), { client_id: "robot" });
  assert.equal(again.client_id, "robot");
});

Deno.test("RFC 7523 §3: aud is the issuer or the token endpoint, alone or in a list", async () => {
  const server = serverWith([robot()]);
  for (const aud of [ISSUER, TOKEN_ENDPOINT, [ISSUER], [TOKEN_ENDPOINT, "https://x.example"]]) {
    await authenticate(server, await assertionOf({ aud }));
  }
  for (const aud of [undefined, "https://x.example", `${ISSUER}/`, [], [`${ISSUER}/`]]) {
    await refusedHere(server, await assertionOf({ aud }));
  }
});

Deno.test("RFC 7523 §3: exp, jti, iss and sub are required and right", async () => {
  const server = serverWith([robot()]);
  for (
    const claims of [
      { exp: undefined },
      { exp: START - 60 },
      { exp: START + 3661 },
      { nbf: START + 61 },
      { iat: START + 61 },
      { jti: undefined },
      { jti: "" },
      { iss: undefined },
      { iss: "other" },
    ]
  ) await refusedHere(server, await assertionOf(claims));
  await refusedHere(server, await assertionOf({ sub: "other" }), { client_id: "robot" });
  await refusedHere(server, await assertionOf({ sub: undefined }), { client_id: "robot" });
});

Deno.test("RFC 8725 §3.11: typ is that of assertions or of JWTs, or absent: a request object, which browsers see, is no assertion", async () => {
  const server = serverWith([robot()]);
  const typed = (typ: string) => assertionOf({}, KEY, { typ });
  for (const typ of ["JWT", "jwt", "application/jwt", "Client-Authentication+JWT"]) {
    await authenticate(server, await typed(typ));
  }
  for (const typ of ["", "oauth-authz-req+jwt", "dpop+jwt", "at+jwt", "secevent+jwt", "JOSE"]) {
    await refusedHere(server, await typed(typ));
  }
});

Deno.test("draft-ietf-oauth-rfc7523bis §4: an assertion that says that it is one is for the issuer alone", async () => {
  const server = serverWith([robot()]);
  const typed = (aud: unknown, typ: string) => assertionOf({ aud }, KEY, { typ });
  for (const typ of ["client-authentication+jwt", "application/Client-Authentication+JWT"]) {
    for (const aud of [ISSUER, [ISSUER]]) await authenticate(server, await typed(aud, typ));
    for (const aud of [TOKEN_ENDPOINT, [ISSUER, "https://x.example"], [ISSUER, ISSUER], []]) {
      await refusedHere(server, await typed(aud, typ));
    }
  }
  await authenticate(server, await typed([TOKEN_ENDPOINT, "https://x.example"], "JWT"));
});

Deno.test("RFC 7523 §3: a jti is good once, also for an assertion signed anew", async () => {
  const server = serverWith([robot()]);
  const assertion = await assertionOf({ jti: "same" });
  await authenticate(server, assertion);
  await refusedHere(server, assertion);
  await refusedHere(server, await assertionOf({ jti: "same", exp: START + 120 }));
  await authenticate(server, await assertionOf({ jti: "other" }));
});

Deno.test("RFC 7523 §3: a jti is remembered for as long as its assertion would be accepted", async () => {
  const server = serverWith([robot()]);
  const assertion = await assertionOf({ exp: START + 60 });
  await authenticate(server, assertion);
  for (let second = 0; second < 240; second++) {
    server.env.advance(1);
    await refusedHere(server, assertion);
  }
});

Deno.test("RFC 7523 §3: of 100 parallel uses of one assertion at two instances one succeeds", async () => {
  const store = memoryStore();
  const clients = [robot()];
  const instances = [serverWith(clients, store), serverWith(clients, store)];
  const assertion = await assertionOf();
  const uses = await Promise.all(Array.from({ length: 100 }, async (_, index) => {
    try {
      return await authenticate(instances[index % 2]!, assertion);
    } catch (error) {
      if (!(error instanceof OAuthError)) throw error;
      return error.code;
    }
  }));
  assert.equal(uses.filter((use) => use !== "invalid_client").length, 1);
});

Deno.test("RFC 7523 §3: a refused assertion does not use up its jti", async () => {
  const server = serverWith([robot()]);
  await refusedHere(server, await assertionOf({ jti: "kept", aud: "https://x.example" }));
  await refusedHere(server, await assertionOf({ jti: "kept" }, await newKey("ES256")));
  await authenticate(server, await assertionOf({ jti: "kept" }));
});

Deno.test("RFC 7523 §3: clients may use the same jti, and one's key does not sign for another", async () => {
  const own = await newKey("ES256");
  const server = serverWith([robot(), robot([own.jwk], { client_id: "other" })]);
  const other = { iss: "other", sub: "other", jti: "shared" };
  await authenticate(server, await assertionOf({ jti: "shared" }));
  assert.equal((await authenticate(server, await assertionOf(other, own))).client_id, "other");
  await refusedHere(server, await assertionOf({ ...other, jti: "new" }));
  await refusedHere(server, await assertionOf({}, own));
  // RFC 7521 §4.2: client_id is the client that the assertion is about
  await refusedHere(server, await assertionOf(), { client_id: "other" });
});

Deno.test("RFC 7515 §4.1.1: every algorithm that is announced works", async () => {
  for (const alg of SIGNING_ALGORITHMS) {
    const key = await newKey(alg);
    const server = serverWith([robot([key.jwk])]);
    assert.equal((await authenticate(server, await assertionOf({}, key))).client_id, "robot", alg);
  }
});

Deno.test("RFC 8725 §3.1, §3.2: alg none, and HMAC with the public key as its secret, are refused", async () => {
  const server = serverWith([robot()]);
  const [, payload = ""] = (await assertionOf()).split(".");
  for (const alg of ["none", "None", "NONE", ""]) {
    const header = base64url(utf8(JSON.stringify({ alg, typ: "JWT" })));
    for (const signature of ["", "AAAA"]) {
      await refusedHere(server, `${header}.${payload}.${signature}`, { client_id: "robot" });
    }
  }
  for (
    const secret of [JSON.stringify(KEY.jwk), KEY.jwk.x ?? "", KEY.jwk.x?.padEnd(64, "=") ?? ""]
  ) {
    const forged = await new SignJWT({
      iss: "robot",
      sub: "robot",
      aud: ISSUER,
      exp: START + 60,
      jti: "f",
    })
      .setProtectedHeader({ alg: "HS256" }).sign(utf8(secret));
    await refusedHere(server, forged);
  }
});

Deno.test("RFC 7515 §5.2: a key in the header, a changed payload and a damaged signature are refused", async () => {
  const server = serverWith([robot()]);
  const stranger = await newKey("ES256");
  await refusedHere(server, await assertionOf({}, stranger));
  await refusedHere(server, await assertionOf({}, stranger, { jwk: stranger.jwk }));
  await refusedHere(server, await assertionOf({}, stranger, { jku: "https://evil.example/jwks" }));
  const [header = "", , signature = ""] = (await assertionOf()).split(".");
  const [, payload = ""] = (await assertionOf({ jti: "swapped" })).split(".");
  await refusedHere(server, `${header}.${payload}.${signature}`);
  await refusedHere(server, `${header}.${payload}.`);
  await refusedHere(server, `${header}.${payload}`);
  const array = await new SignJWT({}).setProtectedHeader({ alg: "ES256" }).sign(KEY.privateKey);
  await refusedHere(server, array, { client_id: "robot" });
});

Deno.test("OpenID Connect Registration §2: token_endpoint_auth_signing_alg is the only algorithm", async () => {
  const rsa = await newKey("RS256");
  const { alg: _alg, ...anyAlgorithm } = rsa.jwk;
  const client = robot([anyAlgorithm, KEY.jwk], { token_endpoint_auth_signing_alg: "RS256" });
  const server = serverWith([client]);
  await authenticate(server, await assertionOf({}, rsa));
  await refusedHere(server, await assertionOf());
});

Deno.test("RFC 7517 §4.5: two keys work side by side, without kid and with", async () => {
  const second = await newKey("ES256");
  const bare = serverWith([robot([KEY.jwk, second.jwk])]);
  for (const key of [KEY, second]) await authenticate(bare, await assertionOf({}, key));
  await refusedHere(bare, await assertionOf({}, await newKey("ES256")));

  const named = serverWith([robot([{ ...KEY.jwk, kid: "1" }, { ...second.jwk, kid: "2" }])]);
  await authenticate(named, await assertionOf({}, KEY, { kid: "1" }));
  await authenticate(named, await assertionOf({}, second, { kid: "2" }));
  await authenticate(named, await assertionOf({}, second));
  await refusedHere(named, await assertionOf({}, second, { kid: "1" }));
  await refusedHere(named, await assertionOf({}, second, { kid: "3" }));
});

Deno.test("RFC 7517 §4.2: a key that is for encryption signs nothing", async () => {
  await refusedHere(serverWith([robot([{ ...KEY.jwk, use: "enc" }])]), await assertionOf());
});

Deno.test("private_key_jwt: a registered key that is damaged is a refusal, not a failure", async () => {
  const { x: _x, ...incomplete } = KEY.jwk;
  const keys: JWK[] = [
    { ...KEY.jwk, x: "AA" },
    { ...KEY.jwk, y: KEY.jwk.x ?? "" },
    incomplete,
    { kty: "EC" },
  ];
  for (const key of keys) await refusedHere(serverWith([robot([key])]), await assertionOf());
  const none = robot([], { jwks: undefined });
  await refusedHere(serverWith([none]), await assertionOf());
  await authenticate(serverWith([robot([keys[0]!, KEY.jwk])]), await assertionOf());
});

Deno.test("private_key_jwt: an unknown client, a wrong key and a used assertion are one answer", async () => {
  const server = serverWith([robot()]);
  const used = await assertionOf();
  await authenticate(server, used);
  const errors = [
    await refusedHere(server, used),
    await refusedHere(server, await assertionOf({}, await newKey("ES256"))),
    await refusedHere(server, await assertionOf({ iss: "nobody", sub: "nobody" })),
    await refusedHere(server, await assertionOf({ exp: 1 })),
  ];
  assert.deepEqual(
    [...new Set(errors.map(({ code, message }) => `${code} ${message}`))],
    ["invalid_client client authentication failed"],
  );
});
