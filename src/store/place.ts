/** Where is the database that a store's URL names? */

/** In this process, in a file of this machine, or with somebody else, who looks after it. */
export type Place = "memory" | "file" | "elsewhere";

/** Where a URL leads: `:memory:`, a path, or else `default` (Deno Deploy's) and whatever has a scheme. */
export function placeOf(url: string): Place {
  if (url === ":memory:") return "memory";
  return url === "default" || schemeOf(url) !== undefined ? "elsewhere" : "file";
}

/** What stands before the `://` of a URL, in lower case; `undefined` for paths, `:memory:` and `default`. */
export function schemeOf(url: string): string | undefined {
  return /^([a-z][a-z0-9+.-]*):\/\//.exec(url.toLowerCase())?.[1];
}
