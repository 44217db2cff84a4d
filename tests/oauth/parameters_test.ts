/** Whether a request says one thing for a name, and says it in characters that are allowed. */

import assert from "node:assert/strict";
import fc from "fast-check";
import { OAuthError } from "../../src/oauth/error.ts";
import { bounded, printable, readParameters, seconds } from "../../src/oauth/parameters.ts";
import { anyText } from "../support/any_text.ts";
import { refused } from "../support/refusal.ts";

Deno.test("readParameters: decodes a form once", () => {
  const parameters = readParameters("a=1%2B+2&b=%C3%A4&c=%2525&%61%62=x");
  assert.equal(parameters.get("a"), "1+ 2");
  assert.equal(parameters.get("b"), "ä");
  assert.equal(parameters.get("c"), "%25");
  assert.equal(parameters.get("ab"), "x");
  assert.equal(parameters.get("d"), undefined);
});

Deno.test("RFC 6749 §3.1: a parameter without a value counts as omitted", () => {
  const parameters = readParameters("state=&nonce&resource=&state=1");
  assert.equal(parameters.get("nonce"), undefined);
  assert.equal(parameters.get("state"), "1");
  assert.deepEqual(parameters.resource, []);
  parameters.rejectRepeated();
  refused("invalid_request", () => parameters.require("nonce"));
});

Deno.test("RFC 6749 §3.1, §3.2: a parameter given twice is refused, equal values too", () => {
  for (const encoded of ["code=1&code=2", "code=1&code=1", "code=1&%63ode=1", "x=1&x=2&x=3"]) {
    refused("invalid_request", () => readParameters(encoded).rejectRepeated());
  }
  const parameters = readParameters("code=1&code=2&state=x");
  refused("invalid_request", () => parameters.get("code"));
  refused("invalid_request", () => parameters.require("code"));
  assert.equal(parameters.get("state"), "x");
});

Deno.test("RFC 8707 §2: resource alone may be repeated", () => {
  const parameters = readParameters("resource=https://a&resource=https://b&resource=https://a");
  parameters.rejectRepeated();
  assert.deepEqual(parameters.resource, ["https://a", "https://b", "https://a"]);
});

Deno.test("readParameters: names of JavaScript's own are ordinary names", () => {
  const parameters = readParameters("__proto__=1&constructor=2&toString=3");
  assert.equal(parameters.get("__proto__"), "1");
  assert.equal(parameters.get("constructor"), "2");
  assert.equal(parameters.get("hasOwnProperty"), undefined);
});

Deno.test("rejectRepeated: the log hears a bounded part of the names, the answer none", () => {
  const names = Array.from({ length: 50 }, (_, index) => `secret${index}${"x".repeat(500)}`);
  const encoded = names.flatMap((name) => [`${name}=1`, `${name}=2`]).join("&");
  const error = refused("invalid_request", () => readParameters(encoded).rejectRepeated());
  assert.ok(!error.message.includes("secret"));
  assert.ok(JSON.stringify(error.detail).length < 1000);
});

Deno.test("RFC 6749 appendix A: state and nonce are printable ASCII of bounded length", () => {
  assert.equal(printable(readParameters("state=a+b~%21"), "state"), "a b~!");
  assert.equal(printable(readParameters(""), "state"), undefined);
  assert.equal(
    printable(readParameters(`state=${"x".repeat(2048)}`), "state")?.length,
    2048,
  );
  for (
    const encoded of [
      "state=%00",
      "state=a%0d%0aLocation:%20x",
      "state=%0A",
      "state=%7F",
      "state=%C3%A4",
      "state=%FF",
      "state=%E2%80%A8",
      `state=${"x".repeat(2049)}`,
    ]
  ) refused("invalid_request", () => printable(readParameters(encoded), "state"));
  refused("invalid_request", () => printable(readParameters(`nonce=${"x".repeat(1025)}`), "nonce"));
});

Deno.test("bounded: text of any language, without control characters, of bounded length", () => {
  assert.equal(
    bounded(readParameters("login_hint=J%C3%BCrgen+%F0%9F%94%91"), "login_hint"),
    "Jürgen 🔑",
  );
  for (const encoded of ["login_hint=%00", "login_hint=a%0Ab", `login_hint=${"x".repeat(513)}`]) {
    refused("invalid_request", () => bounded(readParameters(encoded), "login_hint"));
  }
});

Deno.test("OpenID Connect Core §3.1.2.1: max_age is a whole number of seconds", () => {
  const age = (text: string) => seconds(readParameters(`max_age=${text}`), "max_age");
  assert.equal(age("0"), 0);
  assert.equal(age("86400"), 86_400);
  assert.equal(age(""), undefined);
  for (const text of ["-1", "1.5", "1e3", "0x10", "+1", "abc", "1%20", "%D9%A1", "9999999999"]) {
    refused("invalid_request", () => age(text));
  }
});

Deno.test("readParameters: nothing that is sent throws anything but an OAuthError", () => {
  const name = fc.oneof(
    fc.constantFrom("state", "nonce", "scope", "login_hint", "max_age", "resource", "code"),
    fc.string(),
  );
  const pair = fc.tuple(name, anyText());
  const encoded = fc.oneof(
    anyText(),
    fc.string(),
    fc.array(pair).map((pairs) => pairs.map((one) => one.join("=")).join("&")),
  );
  fc.assert(
    fc.property(encoded, (text) => {
      const parameters = readParameters(text);
      for (
        const read of [
          () => parameters.get("code"),
          () => parameters.require("code"),
          () => parameters.rejectRepeated(),
          () => printable(parameters, "state"),
          () => printable(parameters, "nonce"),
          () => bounded(parameters, "scope"),
          () => bounded(parameters, "login_hint"),
          () => seconds(parameters, "max_age"),
        ]
      ) {
        try {
          read();
        } catch (error) {
          if (!(error instanceof OAuthError)) throw error;
          assert.equal(error.code, "invalid_request");
        }
      }
    }),
    { numRuns: 2000 },
  );
});
