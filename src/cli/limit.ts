/** How much of a long list is printed? */

import { type ListOptions, type Page, pagesOf } from "../store/paging.ts";
import { type Io, type Option, UsageError } from "./command.ts";

/** How many are listed where nobody says. */
const DEFAULT_LIMIT = 1000;

/** The most that one page holds. */
const PAGE = 1000;

/** The option of commands that list. */
export const LIMIT_OPTION = {
  type: "string",
  value: "N",
  summary: `at most so many; ${DEFAULT_LIMIT}`,
} as const satisfies Option;

/** The number that was given. Throws a `UsageError` where it is none from 1 on. */
export function parseLimit(text: string | undefined): number {
  if (text === undefined) return DEFAULT_LIMIT;
  if (!/^[1-9][0-9]{0,8}$/.test(text)) {
    throw new UsageError("option --limit needs a whole number from 1 on");
  }
  return Number(text);
}

/** What a list holds, up to a limit. */
export interface Listed<T> {
  readonly listed: readonly T[];
  /** Whether it holds more. */
  readonly more: boolean;
}

/** At most `limit` of a list that is read by pages. */
export async function collect<T>(
  limit: number,
  read: (options: ListOptions) => Promise<Page & { readonly items: readonly T[] }>,
): Promise<Listed<T>> {
  const found: T[] = [];
  const pages = pagesOf((after) =>
    // One more than asked for tells whether there are more.
    read({ limit: Math.min(PAGE, limit + 1 - found.length), after })
  );
  for await (const { items } of pages) {
    found.push(...items);
    if (found.length > limit) break;
  }
  return { listed: found.slice(0, limit), more: found.length > limit };
}

/** Says that a list was cut. */
export function sayMore(io: Pick<Io, "complain">, limit: number): void {
  io.complain(`there are more than ${limit}: --limit N lists more`);
}
