/** Any text there is, for tests of what strangers send. */

import fc from "fast-check";

/** How many code points UTF-16 needs for itself, and where they begin: no text has them. */
const SURROGATES = { first: 0xd800, many: 0x800 };

/** Any character, as `fc.string({ unit: "binary" })` has them; that one makes a table of them all first, for a second. */
const character = fc.integer({ min: 0, max: 0x10ffff - SURROGATES.many }).map((n) =>
  String.fromCodePoint(n < SURROGATES.first ? n : n + SURROGATES.many)
);

/** Texts of any characters. */
export function anyText(constraints: { readonly maxLength?: number } = {}): fc.Arbitrary<string> {
  return fc.string({ ...constraints, unit: character });
}
