/** Whether only browsers that somebody has logged in with are known, for those accounts alone. */

import assert from "node:assert/strict";
import { base64url, fromBase64url, utf8 } from "../../src/lib/bytes.ts";
import { knownBrowser, rememberBrowser } from "../../src/login/known_browser.ts";
import { testEnv } from "../support/env.ts";
import { createRing } from "../support/ring.ts";

function serverWith(...keys: readonly number[]) {
  const env = testEnv();
  return { env, ring: createRing(env, keys.map((fill) => new Uint8Array(32).fill(fill))) };
}

Deno.test("knownBrowser: a browser is known for the accounts that it was used for, under one name", () => {
  const server = serverWith(1);
  const first = rememberBrowser(server, undefined, "alice");
  const name = knownBrowser(server, first, "alice");
  assert.match(name ?? "", /^[\w-]{22}$/);
  assert.equal(knownBrowser(server, first, "bob"), undefined);
  const second = rememberBrowser(server, first, "bob");
  for (const account of ["alice", "bob"]) {
    assert.equal(knownBrowser(server, second, account), name);
  }
  const elsewhere = rememberBrowser(server, undefined, "alice");
  assert.notEqual(knownBrowser(server, elsewhere, "alice"), name);
});

Deno.test("rememberBrowser: five accounts are remembered, the latest", () => {
  const server = serverWith(1);
  let cookie: string | undefined;
  for (let account = 0; account < 7; account++) {
    cookie = rememberBrowser(server, cookie, `user${account}`);
    // Logging in again keeps an account among the latest.
    cookie = rememberBrowser(server, cookie, "user0");
  }
  const known = Array.from(
    { length: 7 },
    (_, account) => knownBrowser(server, cookie, `user${account}`),
  );
  assert.deepEqual(known.map((name) => name !== undefined), [
    true,
    false,
    false,
    true,
    true,
    true,
    true,
  ]);
});

Deno.test("knownBrowser: a cookie that we have not sealed is nobody's", () => {
  const server = serverWith(1);
  const cookie = rememberBrowser(server, undefined, "alice");
  const sealed = fromBase64url(cookie);
  assert.ok(sealed !== undefined);
  const flipped = (at: number) => {
    const copy = sealed.slice();
    copy[at]! ^= 1;
    return base64url(copy);
  };
  const claims = utf8(JSON.stringify({ id: "x".repeat(22), accounts: ["alice"] }));
  for (
    const forged of [
      undefined,
      "",
      "!",
      "a",
      `${cookie}!`,
      cookie.slice(0, -4),
      base64url(claims),
      base64url(server.ring.seal("interaction", claims)),
      base64url(serverWith(2).ring.seal("known_browser", claims)),
      ...[0, 1, 5, 17, 40, sealed.length - 1].map(flipped),
    ]
  ) {
    assert.equal(knownBrowser(server, forged, "alice"), undefined);
    // And it is not taken over when the owner logs in.
    const renewed = rememberBrowser(server, forged, "bob");
    assert.equal(knownBrowser(server, renewed, "alice"), undefined);
  }
});

Deno.test("knownBrowser: stays known when the data protection ring gets a new key", () => {
  const cookie = rememberBrowser(serverWith(1), undefined, "alice");
  assert.ok(knownBrowser(serverWith(2, 1), cookie, "alice"));
  assert.equal(knownBrowser(serverWith(2), cookie, "alice"), undefined);
});

Deno.test("rememberBrowser: the cookie shows no account and stays small", () => {
  const server = serverWith(1);
  const account = "alice@example.com";
  const cookie = rememberBrowser(server, undefined, account);
  assert.match(cookie, /^[\w-]+$/);
  assert.ok(!new TextDecoder().decode(fromBase64url(cookie)).includes("alice"));
});
