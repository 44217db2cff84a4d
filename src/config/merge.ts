/** How several files become one configuration, and where each part of it came from. */

import type { Document } from "./document.ts";
import { formatPath, formatPlace, type Path, type Place, type Problem } from "./problem.ts";

/** A file that was read. */
export interface Source {
  readonly file: string;
  readonly document: Document;
}

/** The place of a value in the configuration (or of its name), and its path there. */
export type Locate = (path: Path, of?: "value" | "name") => Place & { readonly path: string };

/** Files as one: nothing is decoded yet. */
export interface Merged {
  readonly value: Readonly<Record<string, unknown>>;
  readonly locate: Locate;
  readonly problems: readonly Problem[];
  /** Whether something that the files say is not in `value`. */
  readonly partial: boolean;
}

/** The part of a top-level member that one file gives: for a list, the elements from `first` on. */
interface Part {
  readonly source: Source;
  readonly first: number;
}

/** Merges files by top-level member: lists are joined, anything else may be given once. `unread`: there are more files, which could not be read. */
export function merge(sources: readonly [Source, ...Source[]], unread = false): Merged {
  const value: Record<string, unknown> = {};
  const parts = new Map<string, Part[]>();
  const problems: Problem[] = [];
  for (const source of sources) {
    for (const [name, given] of Object.entries(membersOf(source, problems))) {
      const known = parts.get(name);
      const before = value[name];
      if (known === undefined) {
        parts.set(name, [{ source, first: 0 }]);
        value[name] = given;
      } else if (Array.isArray(before) && Array.isArray(given)) {
        known.push({ source, first: before.length });
        value[name] = [...before, ...given];
      } else {
        const first = known[0]?.source ?? source;
        problems.push({
          ...placeIn(source, [name], "name"),
          path: name,
          message: `given twice; ${formatPlace(placeIn(first, [name], "name"))} has it already`,
        });
      }
    }
  }
  return {
    value,
    locate: (path, of) => locate(sources[0], parts, path, of),
    problems,
    partial: unread || problems.length > 0,
  };
}

function membersOf(source: Source, problems: Problem[]): object {
  const { value } = source.document;
  // A file in which everything is commented out says nothing.
  if (value === null) return {};
  if (typeof value === "object" && !Array.isArray(value)) return value;
  problems.push({
    ...placeIn(source, [], "value"),
    path: "",
    message: "expected a mapping, such as `issuer: https://id.example.com`",
  });
  return {};
}

function locate(
  first: Source,
  parts: ReadonlyMap<string, readonly Part[]>,
  [name, index, ...rest]: Path,
  of: "value" | "name" = "value",
): ReturnType<Locate> {
  const given = parts.get(String(name));
  const part = typeof index === "number"
    ? given?.findLast((part) => part.first <= index)
    : given?.[0];
  const path = name === undefined ? [] : index === undefined ? [name] : [
    name,
    typeof index === "number" && part ? index - part.first : index,
    ...rest,
  ];
  return { ...placeIn(part?.source ?? first, path, of), path: formatPath(path) };
}

function placeIn({ file, document }: Source, path: Path, of: "value" | "name"): Place {
  const position = of === "name" ? document.keyPosition(path) : document.position(path);
  return { file, ...position };
}
