/** What `parseYaml` reads, where it says that things stand, and what it refuses. */

import assert from "node:assert/strict";
import { type Document, parseYaml } from "../../src/config/document.ts";

function read(text: string): Document {
  const result = parseYaml(text);
  assert.ok("value" in result, JSON.stringify(result));
  return result;
}

function problems(text: string): string[] {
  const result = parseYaml(text);
  assert.ok(!("value" in result), "it was read");
  return result.map(({ line, column, message }) => `${line}:${column}: ${message}`);
}

Deno.test("YAML 1.2 §10.3: the core schema reads plain values", () => {
  assert.deepEqual(
    read("a: [1, 0x1f, true, yes, null, ~, 2020-01-31, 1.5, '1', \"x\\n\"]\nb:").value,
    {
      a: [1, 31, true, "yes", null, null, "2020-01-31", 1.5, "1", "x\n"],
      b: null,
    },
  );
});

Deno.test("parseYaml: names are texts, and merge keys are names like any other", () => {
  assert.deepEqual(read("1: a\ntrue: b\n<<: c\n").value, { "1": "a", "true": "b", "<<": "c" });
});

Deno.test("parseYaml: an empty text and one of comments are nothing", () => {
  assert.equal(read("").value, null);
  assert.equal(read("# a\n\n# b\n").value, null);
});

Deno.test("parseYaml: every value and every name has its position", () => {
  const { position, keyPosition } = read("# c\na: 1\nb:\n  - x: {y: 2}\n  - &n z\n  - *n\nc:\n");
  assert.deepEqual(position([]), { line: 2, column: 1 });
  assert.deepEqual(position(["a"]), { line: 2, column: 4 });
  assert.deepEqual(keyPosition(["a"]), { line: 2, column: 1 });
  assert.deepEqual(position(["b", 0, "x", "y"]), { line: 4, column: 12 });
  assert.deepEqual(keyPosition(["b", 0, "x", "y"]), { line: 4, column: 9 });
  assert.deepEqual(position(["b", 2]), { line: 6, column: 5 });
  assert.deepEqual(position(["b", 0, "none", "deeper"]), { line: 4, column: 5 });
  assert.deepEqual(position(["b", 9]), { line: 4, column: 3 });
});

Deno.test("parseYaml: what stands behind an alias has the position of its anchor's value", () => {
  const { value, position } = read("a: &x\n  b: [1]\nc: *x\n");
  assert.deepEqual(value, { a: { b: [1] }, c: { b: [1] } });
  assert.deepEqual(position(["c"]), { line: 3, column: 4 });
  assert.deepEqual(position(["c", "b", 0]), { line: 2, column: 7 });
});

Deno.test("parseYaml: an anchor that is given again leads to the latest before the alias", () => {
  const { value } = read("a: &x 1\nb: &y [*x]\nc: &x 2\nd: [*y, *x]\n");
  assert.deepEqual(value, { a: 1, b: [1], c: 2, d: [[1], 2] });
});

const REFUSED: Record<string, [text: string, ...problems: string[]]> = {
  "a name given twice": [
    "a: 1\nb:\n  c: 1\n  c: 2\n",
    "4:3: the member is given twice; line 3 has it already",
  ],
  "the name __proto__": ["__proto__: {a: 1}\n", "1:1: a name that can't be used"],
  "a mapping as a name": ["{a: 1}: b\n", "1:1: the name of a member has to be a text"],
  "an unknown tag": [
    "a: !secret hunter2\n",
    "1:4: an unknown tag (!), or a value that does not fit it; a text that begins with ! belongs in quotes",
  ],
  "a tag that YAML 1.1 knew": [
    "a: !!binary aGk=\n",
    "1:4: an unknown tag (!), or a value that does not fit it; a text that begins with ! belongs in quotes",
  ],
  "an unknown alias": [
    "a: *b\n",
    "1:4: an alias (*) of an anchor (&) that is not given before; a text that begins with * belongs in quotes",
  ],
  "a value within itself": ["a: &a [*a]\n", "1:8: an alias (*) of a value that it stands in"],
  "a second document": [
    "a: 1\n---\nb: 2\n",
    "2:1: a second document begins (---); a file holds one",
  ],
  "an open quote": [
    'a: "x\nb: 1\n',
    "3:1: a character is missing: a quote, bracket, comma, colon or space",
  ],
  "a tab": ["a:\n\tb: 1\n", "2:1: a tab can't indent; use spaces"],
  "an unknown directive": ["%FOO\n---\na: 1\n", "1:1: an unknown or broken directive (%)"],
};

for (const [what, [text, ...expected]] of Object.entries(REFUSED)) {
  Deno.test(`parseYaml: refuses ${what}`, () => assert.deepEqual(problems(text), expected));
}

Deno.test("parseYaml: says every problem, not only the first", () => {
  assert.deepEqual(problems("a: !x 1\nb: !y 2\n").map((text) => text.split(": ")[0]), [
    "1:4",
    "2:4",
  ]);
});

Deno.test("parseYaml: no message quotes the text, which may be a secret", () => {
  const texts = [
    "p: !hunter2\n",
    "p: *hunter2\n",
    'p: "a" hunter2\n',
    "p: `hunter2\n",
    'p: "\\qhunter2"\n',
    "p: [hunter2\n",
    "p: @hunter2\n",
    "p: |hunter2\n",
    "? [hunter2]\n: x\n",
  ];
  for (const text of texts) assert.doesNotMatch(problems(text).join("\n"), /hunter2/, text);
});

Deno.test("parseYaml: an alias bomb is refused and costs nothing", () => {
  const levels = Array.from({ length: 9 }, (_, level) => {
    const of = level === 0 ? "lol" : `*a${level - 1}`;
    return `a${level}: &a${level} [${Array(9).fill(of).join(",")}]`;
  });
  assert.deepEqual(problems(levels.join("\n")), [
    "7:10: with its aliases the file holds more than 1000000 values",
  ]);
});

Deno.test("parseYaml: what is nested too deeply is refused", () => {
  for (const text of ["[".repeat(100_000), "- ".repeat(100_000)]) {
    assert.ok(problems(text).some((problem) => problem.endsWith("nested too deeply")));
  }
});

Deno.test("parseYaml: many names in one mapping are no burden", () => {
  const names = Array.from({ length: 20_000 }, (_, index) => `n${index}: 1`);
  assert.equal(Object.keys(read(names.join("\n")).value as object).length, 20_000);
});
