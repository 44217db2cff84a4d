/** In which languages claims are answered (OpenID Connect Core §5.2). */

import assert from "node:assert/strict";
import { userClaims } from "../../src/oauth/claims.ts";
import { isWanted, parseClaimsLocales } from "../../src/oauth/claims_locales.ts";

Deno.test("OpenID Connect Core §5.2: a list of languages, in any case; what is none is no error", () => {
  assert.deepEqual(parseClaimsLocales(undefined), []);
  assert.deepEqual(parseClaimsLocales("de-CH de-ch en ja-Kana-JP"), ["de-ch", "en", "ja-kana-jp"]);
  assert.deepEqual(parseClaimsLocales(" * _ 1 de--x -de toolongtag0 "), []);
  const many = Array.from({ length: 100 }, (_, index) => `de-${index}`).join(" ");
  assert.equal(parseClaimsLocales(many).length, 16);
});

Deno.test("RFC 4647 §3.3.1, §3.4: a language takes its own kinds, and a kind its language", () => {
  const table: readonly [wanted: string, tag: string, boolean][] = [
    ["de", "de", true],
    ["de", "DE-ch", true],
    ["de-ch", "de", true],
    ["de-ch", "de-DE", false],
    ["de", "den", false],
    ["den", "de", false],
    ["en", "de", false],
    ["de", "", false],
  ];
  for (const [wanted, tag, expected] of table) {
    assert.equal(isWanted([wanted], tag), expected, `${wanted} ${tag}`);
  }
  assert.ok(!isWanted([], "de"));
  assert.ok(isWanted(["en", "de"], "de"));
});

const CATALOG = new Map([["profile", ["name", "nickname"]]]);
const USER = {
  username: "alice",
  groups: [],
  claims: {
    name: "Alice",
    "name#de-DE": "Alice (de)",
    "name#ja": "アリス",
    "nickname#de": "Ali",
    "other#de": "x",
    "sub#de": "x",
  },
};

Deno.test("OpenID Connect Core §5.2: a claim is answered in wanted languages beside the one without a name", () => {
  const claims = (...locales: string[]) =>
    userClaims(CATALOG, ["profile"], USER, { asked: {}, askable: new Set(), locales });
  assert.deepEqual(claims(), { name: "Alice" });
  assert.deepEqual(claims("de"), {
    name: "Alice",
    "name#de-DE": "Alice (de)",
    "nickname#de": "Ali",
  });
  assert.deepEqual(claims("ja-Kana-JP"), { name: "Alice", "name#ja": "アリス" });
});

Deno.test("OpenID Connect Core §5.2: a claim asked for in one language comes in that one alone", () => {
  const askable = new Set(["name", "nickname", "sub"]);
  const claims = (asked: Record<string, object>, ...locales: string[]) =>
    userClaims(CATALOG, [], USER, { asked, askable, locales });
  assert.deepEqual(claims({ "name#de-de": {} }), { "name#de-DE": "Alice (de)" });
  assert.deepEqual(claims({ "name#de": {} }), {});
  assert.deepEqual(claims({ "other#de": {}, "sub#de": {} }), {});
  assert.deepEqual(claims({ name: {} }, "ja"), { name: "Alice", "name#ja": "アリス" });
  assert.deepEqual(claims({ "name#ja": { value: "Alice" } }), {});
});
