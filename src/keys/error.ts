/** What is said when keys can't be used: every problem, none of the secrets. */

/** Keys that can't be used. The server does not start with such. */
export class KeyError extends Error {
  override readonly name = "KeyError";
  /** Each problem in a line; `openKeys` and `openRing` name its file or option. A key's content is never quoted. */
  readonly problems: readonly string[];

  /** `problems` has at least one. */
  constructor(...problems: readonly string[]) {
    super(problems.join("\n"));
    this.problems = problems;
  }
}

/** What `work` answers; `undefined` where it throws a `KeyError`, whose problems join the others behind their place. */
export async function collect<T>(
  problems: string[],
  place: string,
  work: () => T | Promise<T>,
): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof KeyError)) throw error;
    problems.push(...error.problems.map((problem) => `${place}: ${problem}`));
    return undefined;
  }
}

/** What somebody is told who has lost managed keys, or what they are sealed by, for good. */
export const LAST_RESORT =
  "as a last resort, latchkey keys retire --all ends the managed keys, and whatever they have signed";
