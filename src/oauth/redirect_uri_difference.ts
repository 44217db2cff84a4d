/** In what a redirect URI differs from those that are registered: for whoever runs the server, never for a stranger. */

/** What of a URI differs. */
export type UriPart =
  | "scheme"
  | "user"
  | "host"
  | "port"
  | "path"
  | "trailing slash"
  | "upper and lower case"
  | "query"
  | "fragment";

/** The registered URI that comes closest to what was asked for. */
export interface UriDifference {
  readonly closest: string;
  readonly differs_in: readonly UriPart[];
  /** How many characters both begin with. */
  readonly position: number;
}

/** RFC 3986 appendix B, with the parts of the authority (§3.2). */
const URI =
  /^(?:([^:/?#]+):)?(?:\/\/(?:([^/?#@]*)@)?(\[[^\]/?#]*\]|[^/?#:]*)(?::([^/?#]*))?)?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s;

/** The parts that `URI` finds, in its order. */
const PARTS = ["scheme", "user", "host", "port", "path", "query", "fragment"] as const;

/** The closest of some registered URIs: with the fewest parts that differ, then the longest common beginning; `undefined`: there are none. */
export function closestUri(
  registered: readonly string[],
  asked: string,
): UriDifference | undefined {
  return registered
    .map((uri) => ({
      closest: uri,
      differs_in: differences(uri, asked),
      position: commonLength(uri, asked),
    }))
    .toSorted((one, other) =>
      one.differs_in.length - other.differs_in.length || other.position - one.position
    )[0];
}

/** A URI without what may be secret in it: user name, password, query and fragment. */
export function withoutSecrets(uri: string): string {
  const [bare = ""] = uri.split(/[?#]/);
  // As browsers read it: "\" is "/", and any number of them, or none, is as good as two.
  return bare.replace(/^([a-z][a-z0-9+.-]*:)?([/\\]*)[^/\\]*@/i, "$1$2");
}

function differences(uri: string, asked: string): UriPart[] {
  const [one, other] = [URI.exec(uri) ?? [], URI.exec(asked) ?? []];
  return PARTS.flatMap((part, index) => {
    const [left, right] = [one[index + 1] ?? "", other[index + 1] ?? ""];
    return left === right ? [] : [nameOf(part, left, right)];
  }).filter((part, index, all) => all.indexOf(part) === index);
}

function nameOf(part: typeof PARTS[number], left: string, right: string): UriPart {
  if (part === "path" && left.replace(/\/$/, "") === right.replace(/\/$/, "")) {
    return "trailing slash";
  }
  return left.toLowerCase() === right.toLowerCase() ? "upper and lower case" : part;
}

function commonLength(one: string, other: string): number {
  let length = 0;
  while (length < one.length && one[length] === other[length]) length++;
  return length;
}
