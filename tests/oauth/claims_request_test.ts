/** Whether the `claims` parameter is read as OpenID Connect Core §5.5 has it, and no more of it is kept than is used. */

import assert from "node:assert/strict";
import fc from "fast-check";
import { meets, parseClaims } from "../../src/oauth/claims_request.ts";
import { OAuthError } from "../../src/oauth/error.ts";
import { refused } from "../support/refusal.ts";

const ASKABLE = new Set(["sub", "name", "email"]);
const parse = (text: string) => parseClaims(text, ASKABLE);

Deno.test("OpenID Connect Core §5.5: userinfo and id_token, each claim null or with its demands", () => {
  const text = ` {
    "userinfo": {"name": null, "email": {"essential": true}},
    "id_token": {"sub": {"value": "alice"}, "name": {"values": ["A", "B"], "essential": false}}
  }\n`;
  assert.deepEqual(parse(text), {
    userinfo: { name: {}, email: { essential: true } },
    id_token: { sub: { value: "alice" }, name: { values: ["A", "B"] } },
  });
});

Deno.test("OpenID Connect Core §5.5, §5.5.1: members and claims that are not understood are ignored", () => {
  const text = JSON.stringify({
    access_token: { name: null },
    verified_claims: 1,
    userinfo: { name: { purpose: "so", essential: true }, picture: null, acr: null },
    id_token: { auth_time: { essential: true }, nonce: null },
  });
  assert.deepEqual(parse(text), { userinfo: { name: { essential: true } }, id_token: {} });
  for (const nothing of ["{}", `{"userinfo":{"x":null}}`, `{"userinfo":null,"id_token":{}}`]) {
    assert.equal(parse(nothing), undefined);
  }
  const odd = parse(`{"userinfo":{"__proto__":null,"constructor":null,"name":null}}`);
  assert.deepEqual(odd, { userinfo: { name: {} }, id_token: {} });
});

Deno.test("OpenID Connect Core §5.2: a claim may be asked for in a language", () => {
  const asked = parse(`{"userinfo":{"name#de":null,"name#ja-Kana-JP":null,"picture#de":null}}`);
  assert.deepEqual(Object.keys(asked?.userinfo ?? {}), ["name#de", "name#ja-Kana-JP"]);
});

Deno.test("OpenID Connect Core §5.5.1.1: acr may be asked for in the ID token", () => {
  const acr = { essential: true, values: ["gold"] };
  assert.deepEqual(parse(JSON.stringify({ id_token: { acr } })), {
    userinfo: {},
    id_token: { acr },
  });
});

Deno.test("OpenID Connect Core §5.5: what is malformed is invalid_request", () => {
  for (
    const text of [
      "x",
      "{",
      "null",
      "[]",
      "1",
      `"{}"`,
      `{"userinfo":[]}`,
      `{"userinfo":1}`,
      `{"id_token":"name"}`,
      `{"userinfo":{"name":1}}`,
      `{"userinfo":{"name":[]}}`,
      `{"userinfo":{"unknown":true}}`,
      `{"userinfo":{"name":{"essential":"yes"}}}`,
      `{"userinfo":{"name":{"values":"A"}}}`,
    ]
  ) refused("invalid_request", () => parse(text));
});

Deno.test("parseClaims: any text is read or refused, and what was read is read again as itself", () => {
  const demand = fc.oneof(
    fc.constant(null),
    fc.record(
      { essential: fc.boolean(), value: fc.jsonValue(), values: fc.array(fc.jsonValue()) },
      {
        requiredKeys: [],
      },
    ),
  );
  const members = fc.dictionary(fc.constantFrom("name", "name#de", "sub", "other"), demand);
  const requests = fc.record({ userinfo: members, id_token: members }, { requiredKeys: [] });
  fc.assert(fc.property(requests, (request) => {
    const read = parse(JSON.stringify(request));
    assert.deepEqual(read && parse(JSON.stringify(read)), read);
  }));
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
    try {
      parse(text);
    } catch (error) {
      assert.ok(error instanceof OAuthError && error.code === "invalid_request");
    }
  }));
});

Deno.test("OpenID Connect Core §5.5.1: value and values name what will do; without them everything does", () => {
  assert.ok(meets(undefined, "x"));
  assert.ok(meets({}, undefined));
  assert.ok(meets({ essential: true }, "x"));
  assert.ok(meets({ value: "x" }, "x"));
  assert.ok(!meets({ value: "x" }, "y"));
  assert.ok(!meets({ value: null }, undefined));
  assert.ok(meets({ values: ["x", "y"] }, "y"));
  assert.ok(meets({ value: "z", values: ["x", "y"] }, "z"));
  assert.ok(!meets({ values: ["x"] }, ["x"]));
  assert.ok(meets({ value: { b: [1], a: 2 } }, { a: 2, b: [1] }));
});
