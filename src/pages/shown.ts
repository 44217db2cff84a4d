/** How is text of others shown, so that it can't pretend to be ours? */

// control characters, and those that turn the direction of the text around them (Unicode TR 9)
const MISLEADING = /[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** A name or code as it is shown: without characters that hide or reorder what stands around it. */
export function shown(text: string): string {
  return text.replaceAll(MISLEADING, " ");
}

/** The first character of a name, for a tile; a dot where there is none. */
export function initial(name: string): string {
  const [first = "·"] = name.trim();
  return first.toUpperCase();
}
