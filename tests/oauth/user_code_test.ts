/** Whether people can read, type and say a user code, and nobody can foresee one (RFC 8628 §6.1). */

import fc from "fast-check";
import assert from "node:assert/strict";
import { parseUserCode, showUserCode, userCodeFrom } from "../../src/oauth/user_code.ts";
import { anyText } from "../support/any_text.ts";

const ALPHABET = "BCDFGHJKLMNPQRSTVWXZ";

const code = fc.array(fc.constantFrom(...ALPHABET), { minLength: 8, maxLength: 8 })
  .map((letters) => letters.join(""));

/** What may stand before, between and behind the letters. */
const space = fc.array(
  fc.constantFrom(" ", "-", "–", "—", "_", ".", ",", "\t", "\u00a0", "\u200b", "·", "/"),
  { maxLength: 3 },
).map((signs) => signs.join(""));

Deno.test("RFC 8628 §6.1: a code is eight of twenty consonants, shown in two groups", () => {
  fc.assert(fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (random) => {
    const made = userCodeFrom(random);
    if (made === undefined) return;
    assert.match(made, /^[BCDFGHJKLMNPQRSTVWXZ]{8}$/);
    assert.match(showUserCode(made), /^[B-Z]{4}-[B-Z]{4}$/);
    assert.equal(parseUserCode(showUserCode(made)), made);
  }));
  assert.equal(showUserCode("WDJBMJHT"), "WDJB-MJHT");
});

Deno.test("RFC 8628 §6.1: letter case, width, hyphens, spaces and what else stands between don't count", () => {
  fc.assert(fc.property(
    code,
    fc.array(space, { minLength: 9, maxLength: 9 }),
    fc.array(fc.constantFrom("upper", "lower", "wide"), { minLength: 8, maxLength: 8 }),
    (letters, between, styles) => {
      const typed = [...letters].map((letter, at) => {
        const style = styles[at];
        const spelled = style === "lower"
          ? letter.toLowerCase()
          : style === "wide"
          ? String.fromCodePoint(letter.charCodeAt(0) + 0xfee0)
          : letter;
        return between[at] + spelled;
      });
      assert.equal(parseUserCode(typed.join("") + between[8]), letters);
    },
  ));
});

Deno.test("RFC 8628 §6.1: whatever else is typed is no code, or a code once it is cleaned", () => {
  fc.assert(fc.property(anyText({ maxLength: 40 }), (typed) => {
    const parsed = parseUserCode(typed);
    assert.ok(parsed === undefined || /^[BCDFGHJKLMNPQRSTVWXZ]{8}$/.test(parsed));
  }));
  for (
    const typed of [
      "",
      "WDJB-MJH",
      "WDJB-MJHTT",
      "WDJB-MJHA",
      "WDJB-MJH1",
      "0DJB-MJHT",
      "ＷDJB-MJH9",
      "ВDJB-MJHT",
      "WDJB MJHÜ",
      "B".repeat(100_000),
    ]
  ) assert.equal(parseUserCode(typed), undefined, typed.slice(0, 20));
});

Deno.test("RFC 8628 §5.1: no letter is likelier than another at any place", () => {
  // Each byte once at the first place that counts; the others don't matter.
  const firsts = Array.from({ length: 256 }, (_, byte) => new Uint8Array(9).fill(0).with(0, byte))
    .map((random) => userCodeFrom(random)).filter((made) => made !== undefined);
  const counts = Map.groupBy(firsts.slice(0, 240), ([letter]) => letter);
  assert.equal(counts.size, 20);
  for (const [letter, all] of counts) assert.equal(all.length, 12, letter);
});

Deno.test("RFC 8628 §5.1: bytes that would favour some letters are left out, and too few make no code", () => {
  const biased = new Uint8Array(24).fill(255);
  assert.equal(userCodeFrom(biased), undefined);
  assert.equal(userCodeFrom(biased.fill(0, 0, 7)), undefined);
  assert.equal(userCodeFrom(biased.fill(0, 0, 8)), "BBBBBBBB");
  assert.equal(userCodeFrom(biased.fill(240, 0, 8).fill(19, 8, 16)), "ZZZZZZZZ");
});
