/** Whether whoever runs the server sees at once in what a redirect URI differs. */

import assert from "node:assert/strict";
import fc from "fast-check";
import { closestUri, withoutSecrets } from "../../src/oauth/redirect_uri_difference.ts";
import { anyText } from "../support/any_text.ts";

const REGISTERED = "https://rp.example.com/callback?tenant=1";

const ROWS: readonly (readonly [asked: string, differs_in: readonly string[], position: number])[] =
  [
    ["http://rp.example.com/callback?tenant=1", ["scheme"], 4],
    ["https://rp.example.org/callback?tenant=1", ["host"], 19],
    ["https://www.rp.example.com/callback?tenant=1", ["host"], 8],
    ["https://rp.example.com:8443/callback?tenant=1", ["port"], 22],
    ["https://me@rp.example.com/callback?tenant=1", ["user"], 8],
    ["https://rp.example.com/callback2?tenant=1", ["path"], 31],
    ["https://rp.example.com/callback/?tenant=1", ["trailing slash"], 31],
    ["https://rp.example.com/Callback?tenant=1", ["upper and lower case"], 23],
    ["HTTPS://RP.example.com/callback?tenant=1", ["upper and lower case"], 0],
    ["https://rp.example.com/callback", ["query"], 31],
    ["https://rp.example.com/callback?tenant=2", ["query"], 39],
    ["https://rp.example.com/callback?tenant=1#", [], 40],
    ["https://rp.example.com/callback?tenant=1#x", ["fragment"], 40],
    ["https://evil.example/callback?tenant=1", ["host"], 8],
    ["http://rp.example.com:80/?tenant=1", ["scheme", "port", "path"], 4],
    ["nonsense", ["scheme", "host", "path", "query"], 0],
  ];

for (const [asked, differs_in, position] of ROWS) {
  Deno.test(`closestUri: ${asked} differs in ${differs_in.join(", ") || "its end"}`, () => {
    assert.deepEqual(closestUri([REGISTERED], asked), {
      closest: REGISTERED,
      differs_in,
      position,
    });
  });
}

Deno.test("closestUri: of many the one with the fewest differences, then the longest common beginning", () => {
  const registered = ["https://a.example/cb", "https://b.example/cb", "https://b.example/other"];
  const closest = (asked: string) => closestUri(registered, asked)?.closest;
  assert.equal(closest("https://b.example/cb/"), "https://b.example/cb");
  assert.equal(closest("https://b.example/otter"), "https://b.example/other");
  assert.equal(closest("http://a.example/cb"), "https://a.example/cb");
  assert.equal(closestUri([], "https://a.example/cb"), undefined);
});

Deno.test("closestUri, withoutSecrets: any text is answered", () => {
  fc.assert(fc.property(anyText(), (asked) => {
    assert.equal(closestUri([REGISTERED], asked)?.closest, REGISTERED);
    assert.ok(!/[?#]/.test(withoutSecrets(asked)));
  }));
});

Deno.test("withoutSecrets: neither user, password, query nor fragment is left", () => {
  for (
    const [uri, left] of [
      ["https://me:s3cr3t@rp.example.com/cb?token=s3cr3t#s3cr3t", "https://rp.example.com/cb"],
      ["https://me:s3cr3t@rp.example.com", "https://rp.example.com"],
      ["//me:s3@cr3t@rp.example.com/x", "//rp.example.com/x"],
      ["https://rp.example.com#s3cr3t?x", "https://rp.example.com"],
      ["https:\\\\me:s3cr3t@rp.example.com\\cb", "https:\\\\rp.example.com\\cb"],
      ["https:/me:s3cr3t@rp.example.com/cb", "https:/rp.example.com/cb"],
      ["HTTPS:me:s3cr3t@rp.example.com/cb", "HTTPS:rp.example.com/cb"],
      ["me:s3cr3t@rp.example.com/cb", "me:rp.example.com/cb"],
      ["https://rp.example.com/@me", "https://rp.example.com/@me"],
      ["com.example.app:/cb", "com.example.app:/cb"],
    ] as const
  ) assert.equal(withoutSecrets(uri), left);
});
