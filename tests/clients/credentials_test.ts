/** Whether the credentials of a request are read exactly, and one method alone is taken. */

import assert from "node:assert/strict";
import fc from "fast-check";
import { isAnonymous, readCredentials } from "../../src/clients/credentials.ts";
import { base64url, utf8 } from "../../src/lib/bytes.ts";
import { CLIENT_ASSERTION_TYPE } from "../../src/oauth/assertion.ts";
import type { ErrorCode } from "../../src/oauth/error.ts";
import { OAuthError } from "../../src/oauth/error.ts";
import { readParameters } from "../../src/oauth/parameters.ts";
import { anyText } from "../support/any_text.ts";
import { refused } from "../support/refusal.ts";

const read = (authorization: string | undefined, body: Record<string, string> = {}) =>
  readCredentials({
    authorization,
    parameters: readParameters(`${new URLSearchParams(body)}`),
  });

const basic = (pair: string | Uint8Array) =>
  `Basic ${(typeof pair === "string" ? utf8(pair) : pair).toBase64()}`;

const jwt = (claims: unknown) =>
  ["{}", JSON.stringify(claims) ?? "", "s"].map((part) => base64url(utf8(part))).join(".");

const assertion = (client_assertion: string, more: Record<string, string> = {}) =>
  read(undefined, { client_assertion, client_assertion_type: CLIENT_ASSERTION_TYPE, ...more });

Deno.test("RFC 6749 §2.3.1: Basic credentials are form-decoded after the first colon parts them", () => {
  const table: readonly [pair: string, client_id: string, secret: string][] = [
    ["web:secret", "web", "secret"],
    ["web:", "web", ""],
    ["web:a:b:c", "web", "a:b:c"],
    ["a%3Ab:c%3Ad", "a:b", "c:d"],
    ["a+b:c+d", "a b", "c d"],
    ["a%20b:c%20d", "a b", "c d"],
    ["a%2Bb:c%2Bd", "a+b", "c+d"],
    ["a%25:%2525", "a%", "%25"],
    ["j%C3%BCrgen:%F0%9F%94%91", "jürgen", "🔑"],
    ["jürgen:🔑", "jürgen", "🔑"],
  ];
  for (const [pair, client_id, secret] of table) {
    assert.deepEqual(read(basic(pair)), { method: "client_secret_basic", client_id, secret });
  }
});

Deno.test("RFC 6749 §2.3.1: a URI that was not encoded is understood, and taken as it is", () => {
  const table: readonly [pair: string, client_id: string, secret: string][] = [
    ["https%3A%2F%2Fapi.example.com:a%2Bb", "https://api.example.com", "a+b"],
    ["https://api.example.com:secret", "https://api.example.com", "secret"],
    ["https://api.example.com:", "https://api.example.com", ""],
    [
      "https://api.example.com:8443/v1?a=%20+b:a+b%41",
      "https://api.example.com:8443/v1?a=%20+b",
      "a+b%41",
    ],
    ["https://[::1]:8443:secret", "https://[::1]:8443", "secret"],
    // Without a secret of its own it is nobody's.
    ["https://api.example.com", "https", "//api.example.com"],
    // What is encoded keeps to the first colon.
    ["urn%3Aexample%3Aapi:a:b", "urn:example:api", "a:b"],
    ["web:a://b:c", "web", "a://b:c"],
  ];
  for (const [pair, client_id, secret] of table) {
    assert.deepEqual(read(basic(pair)), { method: "client_secret_basic", client_id, secret });
  }
  refused("invalid_client", () => read(basic("://secret")));
});

Deno.test("isAnonymous: a client_id proves nothing, whatever else is tried is a proof", () => {
  const anonymous = (authorization: string | undefined, body: Record<string, string>) =>
    isAnonymous({ authorization, parameters: readParameters(`${new URLSearchParams(body)}`) });
  assert.ok(anonymous(undefined, {}));
  assert.ok(anonymous(undefined, { client_id: "web", client_secret: "" }));
  assert.ok(!anonymous("", {}));
  assert.ok(!anonymous("Bearer x", {}));
  assert.ok(!anonymous(undefined, { client_secret: "x" }));
  assert.ok(!anonymous(undefined, { client_assertion: "x" }));
});

Deno.test("RFC 9110 §11.1: the scheme's name has no case, and blanks may follow it", () => {
  for (const scheme of ["basic", "BASIC", "Basic  "]) {
    assert.equal(read(basic("web:s").replace("Basic", scheme)).client_id, "web");
  }
  // Some libraries leave the padding out.
  assert.equal(read(basic("web:s").replaceAll("=", "")).secret, "s");
});

Deno.test("RFC 6749 §2.3.1: whatever else is in the header is invalid_client, and is not quoted", () => {
  for (
    const authorization of [
      "",
      "Basic",
      "Basic ",
      "Bearer d2ViOnNlY3JldA==",
      "Digest username=web",
      "Basicd2ViOnM=",
      "Basic !!!!",
      "Basic d2ViOnM=d2Vi",
      "Basic d2ViOnM===",
      "Basic d",
      "Basic d2ViOnM= x",
      "Basic d2Vi\nOnM=",
      "Basic d2Vi-_8=",
      basic("no-colon-s3cr3t"),
      basic(":s3cr3t"),
      basic("web:s3cr3t%"),
      basic("web:s3cr3t%zz"),
      basic("web:%C3"),
      basic("web:%FF"),
      basic(new Uint8Array([0x77, 0x3a, 0xff])),
    ]
  ) {
    const error = refused("invalid_client", () => read(authorization));
    assert.ok(!JSON.stringify([error.message, error.detail]).includes("s3cr3t"));
  }
});

Deno.test("RFC 6749 §2.3.1: a secret in the body needs its client_id there", () => {
  assert.deepEqual(read(undefined, { client_id: "web", client_secret: "a b+c" }), {
    method: "client_secret_post",
    client_id: "web",
    secret: "a b+c",
  });
  refused("invalid_request", () => read(undefined, { client_secret: "s" }));
});

Deno.test("RFC 6749 §3.2.1: a client_id alone is a public client, nothing at all nobody", () => {
  assert.deepEqual(read(undefined, { client_id: "spa" }), {
    method: "none",
    client_id: "spa",
    secret: "",
  });
  assert.equal(read(undefined, { client_id: "spa", client_secret: "" }).method, "none");
  refused("invalid_client", () => read(undefined));
  refused("invalid_client", () => read(undefined, { client_id: "" }));
});

Deno.test("RFC 7521 §4.2: an assertion names its client by its subject, or client_id does", () => {
  const token = jwt({ sub: "robot" });
  const expected = { method: "private_key_jwt", client_id: "robot", secret: token };
  assert.deepEqual(assertion(token), expected);
  assert.deepEqual(assertion(token, { client_id: "robot" }), expected);
  // What differs is refused when the assertion is verified.
  assert.equal(assertion(token, { client_id: "other" }).client_id, "other");
});

Deno.test("RFC 7521 §4.2: a malformed assertion is invalid_client", () => {
  for (
    const token of [
      "x",
      "..",
      "a.b.c",
      "a.!.c",
      jwt(undefined),
      jwt(null),
      jwt([]),
      jwt("robot"),
      jwt({}),
      jwt({ sub: "" }),
      jwt({ sub: 1 }),
      jwt({ sub: ["robot"] }),
      `${jwt({ sub: "robot" })}${"x".repeat(16_384)}`,
    ]
  ) refused("invalid_client", () => assertion(token));
  const token = jwt({ sub: "robot" });
  refused("invalid_client", () => read(undefined, { client_assertion: token }));
  for (
    const client_assertion_type of [
      "urn:ietf:params:oauth:client-assertion-type:saml2-bearer",
      CLIENT_ASSERTION_TYPE.toUpperCase(),
      `${CLIENT_ASSERTION_TYPE} `,
    ]
  ) {
    refused(
      "invalid_client",
      () => read(undefined, { client_assertion: token, client_assertion_type }),
    );
  }
  refused(
    "invalid_client",
    () => read(undefined, { client_assertion_type: CLIENT_ASSERTION_TYPE, client_id: "web" }),
  );
});

Deno.test("RFC 6749 §2.3: more than one method in a request is invalid_request", () => {
  const post = { client_id: "web", client_secret: "s" };
  const jwtBearer = {
    client_assertion: jwt({ sub: "web" }),
    client_assertion_type: CLIENT_ASSERTION_TYPE,
  };
  refused("invalid_request", () => read(basic("web:s"), post));
  refused("invalid_request", () => read(basic("web:s"), { client_secret: "s" }));
  refused("invalid_request", () => read(basic("web:s"), jwtBearer));
  refused("invalid_request", () => read(undefined, { ...post, ...jwtBearer }));
  refused("invalid_request", () => read(basic("web:s"), { ...post, ...jwtBearer }));
});

Deno.test("RFC 6749 §2.3.1: client_id beside Basic must be the same client", () => {
  assert.equal(read(basic("web:s"), { client_id: "web" }).method, "client_secret_basic");
  for (const client_id of ["other", "WEB", "web "]) {
    refused("invalid_request", () => read(basic("web:s"), { client_id }));
  }
});

Deno.test("readCredentials: nothing that is sent throws anything but invalid_client or invalid_request", () => {
  const header = fc.option(
    fc.oneof(
      fc.string(),
      anyText().map(basic),
      fc.uint8Array().map(basic),
      fc.base64String().map((text) => `Basic ${text}`),
    ),
    { nil: undefined },
  );
  const body = fc.dictionary(
    fc.constantFrom("client_id", "client_secret", "client_assertion", "client_assertion_type"),
    fc.oneof(
      anyText(),
      fc.constant(CLIENT_ASSERTION_TYPE),
      fc.jsonValue().map(jwt),
    ),
  );
  const codes: readonly ErrorCode[] = ["invalid_client", "invalid_request"];
  fc.assert(
    fc.property(header, body, (authorization, parameters) => {
      try {
        assert.notEqual(read(authorization, parameters).client_id, "");
      } catch (error) {
        if (!(error instanceof OAuthError)) throw error;
        assert.ok(codes.includes(error.code));
      }
    }),
    { numRuns: 2000 },
  );
});
