/** How is text shown that others chose, so that a terminal takes no orders from it? */

// Control and format characters (Unicode TR 9 tells why), halves of pairs, and what ends a line elsewhere.
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** A text on one line: whatever is not seen, or turns or breaks the line, as `\u001b`. */
export function visible(text: string): string {
  return text.replaceAll(UNSEEN, escaped);
}

/** A value as JSON for people and programs: indented, and a terminal takes no orders from it either. */
export function json(value: unknown): string {
  // Within its texts JSON has escaped line feeds already; those that are left are its own.
  return JSON.stringify(value, undefined, 2)
    .replaceAll(UNSEEN, (unseen) => unseen === "\n" ? unseen : escaped(unseen));
}

/** RFC 8259 §7: a character as its UTF-16 code units. */
function escaped(character: string): string {
  return character.split("")
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`).join("");
}
