/** Whether an Accept header is read as HTTP says, whoever has written it. */

import assert from "node:assert/strict";
import fc from "fast-check";
import { preferredType } from "../../src/lib/accept.ts";
import { anyText } from "../support/any_text.ts";

const JSON_TYPE = "application/json";
const JWT = "application/token-introspection+jwt";
const preferred = (accept: string | undefined) => preferredType(accept, [JSON_TYPE, JWT]);

Deno.test("RFC 9110 §12.5.1: the type that is named gets the answer", () => {
  for (
    const accept of [
      JWT,
      JWT.toUpperCase(),
      ` ${JWT} `,
      `${JWT};q=0.001`,
      `${JWT} ; Q=0.5`,
      `${JWT};charset=utf-8;q=1.000`,
      `text/html, ${JWT}`,
      `${JWT}, */*;q=0.1`,
      `${JWT}, ${JSON_TYPE};q=0.9`,
      `${JSON_TYPE};q=0.8, ${JWT};q=0.9`,
      `${JSON_TYPE};q=0, ${JWT}`,
      `${JSON_TYPE};q=0, */*`,
      `a/b;x="y, z;q=\\"1\\"", ${JWT}`,
    ]
  ) assert.equal(preferred(accept), JWT, accept);
});

Deno.test("RFC 9110 §12.5.1: of equal weights the one that is named more exactly wins", () => {
  assert.equal(preferred(`${JWT}, */*`), JWT);
  assert.equal(preferred(`application/*, ${JWT}`), JWT);
  assert.equal(preferred(`${JSON_TYPE}, ${JWT}`), JSON_TYPE);
  assert.equal(preferred(`${JWT}, ${JSON_TYPE}`), JSON_TYPE);
  assert.equal(preferred(`${JWT}, application/*;q=0.5`), JWT);
});

Deno.test("RFC 9110 §12.4.2: a weight of 0 is a refusal, and a malformed one is no wish", () => {
  for (
    const accept of [
      `${JWT};q=0`,
      `${JWT};q=0.000, */*`,
      `${JWT};q=0, application/*`,
      `${JWT};q=`,
      `${JWT};q=2`,
      `${JWT};q=-1`,
      `${JWT};q=1.001`,
      `${JWT};q=0.0001`,
      `${JWT};q=NaN`,
      `${JWT};q="1"`,
      `${JWT};q=0;q=1`,
    ]
  ) assert.equal(preferred(accept), JSON_TYPE, accept);
});

Deno.test("RFC 9110 §12.5.1: whoever does not name it gets what is offered first", () => {
  for (
    const accept of [
      undefined,
      "",
      ",,;;,",
      "*/*",
      "application/*",
      "*",
      JSON_TYPE,
      "text/html",
      "application/jwt",
      "token-introspection+jwt",
      `${JWT}x`,
      `x${JWT}`,
      `a/b;x="${JWT}"`,
      `a/b;x=", ${JWT}, "`,
      `a/b;x="\\", ${JWT}`,
      `a/b;x=", ${JWT}`,
      `${"a/b,".repeat(500)}${JWT}`,
      "__proto__",
    ]
  ) assert.equal(preferred(accept), JSON_TYPE, accept);
});

Deno.test("preferredType: nothing that is sent throws, or takes long", () => {
  const part = fc.constantFrom(JWT, JSON_TYPE, "*/*", ",", ";", "q=", "0.5", '"', "\\", " ", "=");
  const header = fc.oneof(anyText(), fc.array(part).map((all) => all.join("")));
  fc.assert(
    fc.property(header, (accept) => assert.ok([JSON_TYPE, JWT].includes(preferred(accept)))),
  );
  for (const bomb of ['"', '"\\', "\\", ",", ";", "a/b;q=", '";']) {
    preferred(bomb.repeat(100_000));
  }
});
