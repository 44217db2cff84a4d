/** What a YAML text says, and where each part of it stands. */

import { type ErrorCode, isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from "yaml";
import type { Node, Pair, ParsedNode, YAMLMap } from "yaml";
import type { Path } from "./problem.ts";

/** A line and a column, both from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A YAML text that was read. */
export interface Document {
  /** Plain JSON values. An alias gives the very object that its anchor gave. */
  readonly value: unknown;
  /** Where the value at a path begins; where there is none, its nearest existing ancestor. */
  readonly position: (path: Path) => Position;
  /** Where the name of the member at a path begins; the position of the value where it has no name. */
  readonly keyPosition: (path: Path) => Position;
}

/** One thing that makes a text unreadable. */
export interface SyntaxProblem extends Position {
  readonly message: string;
}

/** How many values a text may hold once its aliases are expanded. */
const MOST_VALUES = 1_000_000;

// The parser's own messages quote the text, which may be a secret.
const MESSAGES: Record<ErrorCode, string> = {
  ALIAS_PROPS: "an alias can't have an anchor or a tag",
  BAD_ALIAS: "an alias (*name) without a proper name",
  BAD_COLLECTION_TYPE: "the tag does not fit the value",
  BAD_DIRECTIVE: "an unknown or broken directive (%)",
  BAD_DQ_ESCAPE: "an unknown escape sequence in a double-quoted text",
  BAD_INDENT: "the indentation is wrong",
  BAD_PROP_ORDER: "anchors and tags belong after the indicators - ? :",
  BAD_SCALAR_START: "a plain text can't begin with this character; put it in quotes",
  BLOCK_AS_IMPLICIT_KEY:
    "a mapping can't begin within a line; put a text that holds `: ` in quotes",
  BLOCK_IN_FLOW: "a block can't stand within [] or {}",
  DUPLICATE_KEY: "the member is given twice",
  IMPOSSIBLE: "this is not YAML",
  KEY_OVER_1024_CHARS: "a name is longer than 1024 characters",
  MISSING_CHAR: "a character is missing: a quote, bracket, comma, colon or space",
  MULTILINE_IMPLICIT_KEY: "a name spans several lines; is a colon or a quote missing?",
  MULTIPLE_ANCHORS: "a value can't have two anchors",
  MULTIPLE_DOCS: "a second document begins (---); a file holds one",
  MULTIPLE_TAGS: "a value can't have two tags",
  NON_STRING_KEY: "the name of a member has to be a text",
  RESOURCE_EXHAUSTION: "nested too deeply",
  TAB_AS_INDENT: "a tab can't indent; use spaces",
  TAG_RESOLVE_FAILED:
    "an unknown tag (!), or a value that does not fit it; a text that begins with ! belongs in quotes",
  UNEXPECTED_TOKEN: "this is not expected here; is a quote missing?",
};

/** Reads a YAML 1.2 text (core schema, one document), or says everything that is wrong with it. */
export function parseYaml(text: string): Document | readonly SyntaxProblem[] {
  const lines = new LineCounter();
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const parsed = parseDocument(text, {
    version: "1.2",
    schema: "core",
    resolveKnownTags: false,
    stringKeys: true,
    // Checked below: the parser compares every key with every other one.
    uniqueKeys: false,
    lineCounter: lines,
    prettyErrors: false,
    logLevel: "error",
  });
  const problems: SyntaxProblem[] = [...parsed.errors, ...parsed.warnings]
    .map(({ code, pos }) => ({ ...at(pos[0]), message: MESSAGES[code] }));
  if (problems.length > 0) return problems;

  const { value, find } = read(parsed.contents, (node, message, earlier) => {
    const there = earlier ? `; line ${at(start(earlier)).line} has it already` : "";
    problems.push({ ...at(start(node)), message: message + there });
  });
  if (problems.length > 0) return problems;
  return {
    value,
    position: (path) => at(start(find(path).node)),
    keyPosition: (path) => at(start(find(path).key ?? find(path).node)),
  };
}

function start(node: Node | null): number {
  return node?.range?.[0] ?? 0;
}

interface Found {
  readonly node: Node | null;
  /** The name of the member, where the path led to one. */
  readonly key: Node | undefined;
}

type Report = (node: Node | null, message: string, earlier?: Node) => void;

/** Walks over the nodes once, in the order of the text, and remembers how to find each again. */
function read(root: ParsedNode | null, report: Report) {
  const anchors = new Map<string, Node>();
  const targets = new Map<Node, Node>();
  const finished = new Map<Node, { value: unknown; size: number }>();
  const members = new Map<YAMLMap, Map<string, Pair<Node, Node | null>>>();
  let size = 0;

  function valueOf(node: Node | null): unknown {
    size += 1;
    if (isAlias(node)) return aliased(node, node.source);
    const anchor = isScalar(node) || isMap(node) || isSeq(node) ? node.anchor : undefined;
    if (node === null || anchor === undefined) return plain(node);
    anchors.set(anchor, node);
    const before = size;
    const value = plain(node);
    finished.set(node, { value, size: size - before });
    return value;
  }

  function aliased(node: Node, name: string): unknown {
    const target = anchors.get(name);
    const known = target && finished.get(target);
    if (target === undefined) {
      report(
        node,
        "an alias (*) of an anchor (&) that is not given before; a text that begins with * belongs in quotes",
      );
    } else if (known === undefined) report(node, "an alias (*) of a value that it stands in");
    else {
      const before = size;
      size += known.size;
      if (before <= MOST_VALUES && size > MOST_VALUES) {
        report(node, `with its aliases the file holds more than ${MOST_VALUES} values`);
      }
      targets.set(node, target);
    }
    return known?.value;
  }

  function plain(node: Node | null): unknown {
    if (isSeq<Node>(node)) return node.items.map(valueOf);
    return isMap<Node, Node | null>(node) ? mapping(node) : isScalar(node) ? node.value : null;
  }

  function mapping(node: YAMLMap<Node, Node | null>): unknown {
    const pairs = new Map<string, Pair<Node, Node | null>>();
    members.set(node, pairs);
    const value: Record<string, unknown> = {};
    for (const pair of node.items) {
      const name = isScalar(pair.key) ? String(pair.key.value) : "";
      const earlier = pairs.get(name);
      if (earlier) report(pair.key, "the member is given twice", earlier.key);
      // Assigning it would change the prototype instead.
      else if (name === "__proto__") report(pair.key, "a name that can't be used");
      pairs.set(name, pair);
      value[name] = valueOf(pair.value);
    }
    return value;
  }

  function find(path: Path): Found {
    let found: Found = { node: root, key: undefined };
    for (const step of path) {
      const target = found.node && targets.get(found.node) || found.node;
      if (isSeq<Node>(target)) {
        const node = target.items[Number(step)];
        if (node === undefined) break;
        found = { node, key: undefined };
      } else {
        const pair = isMap(target) ? members.get(target)?.get(String(step)) : undefined;
        if (pair === undefined) break;
        found = { node: pair.value ?? pair.key, key: pair.key };
      }
    }
    return found;
  }

  return { value: valueOf(root), find };
}
