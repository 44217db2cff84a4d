/** Which media type does a request want to be answered with? */

/** What lies beyond is not read. */
const LONGEST = 2000;

/**
 * The media type among `offered` that an `Accept` header likes best (RFC 9110 §12.5.1). Of equal weights the one wins
 * that is named more exactly, then the one that is offered first; where none is wanted, the first. Never throws.
 */
export function preferredType<T extends string>(
  accept: string | undefined,
  offered: readonly [T, ...T[]],
): T {
  const ranges = parseAccept(accept ?? "*/*");
  const wanted = offered.map((type) => {
    const fitting = ["*/*", type.replace(/\/.*/, "/*"), type];
    // The most exact range that fits says how much a type is wanted.
    const exactness = fitting.findLastIndex((range) => ranges.has(range));
    return { type, exactness, weight: ranges.get(fitting[exactness] ?? "") ?? 0 };
  }).filter(({ weight }) => weight > 0);
  wanted.sort((a, b) => b.weight - a.weight || b.exactness - a.exactness);
  return wanted[0]?.type ?? offered[0];
}

/** The weight of each media range, in lower case; parameters other than `q` do not count. */
function parseAccept(accept: string): ReadonlyMap<string, number> {
  // A quoted text may hold what would part members. An open one reaches to the end.
  const plain = accept.slice(0, LONGEST).replaceAll(/"(?:[^"\\]|\\.)*(?:"|$)/g, "");
  return new Map(
    plain.toLowerCase().split(",").map((member) => {
      const [range = "", ...parameters] = member.split(";").map((part) => part.trim());
      const q = parameters.find((parameter) => parameter.startsWith("q="));
      return [range, q === undefined ? 1 : parseWeight(q.slice(2))];
    }),
  );
}

/** RFC 9110 §12.4.2: 0 to 1 with at most three decimals; anything else is not wanted. */
function parseWeight(text: string): number {
  return /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(text) ? Number(text) : 0;
}
