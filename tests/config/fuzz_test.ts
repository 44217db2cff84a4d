/** Whether any text makes the loader fail in another way than by `ConfigError`. */

import assert from "node:assert/strict";
import fc from "fast-check";
import { loadConfig } from "../../src/config/load.ts";
import { ConfigError, formatProblem } from "../../src/config/problem.ts";
import { configSchema } from "../../src/config/schema.ts";

const DEMO = await Deno.readTextFile(new URL("../../config/20-clients.yaml", import.meta.url));
const MEMBERS = Object.keys(configSchema.shape);

/** Loads a text or bytes. Throws where anything but `ConfigError` is thrown, or a problem has no good place. */
async function load(path: string, text: string | Uint8Array): Promise<void> {
  await Deno.writeFile(path, typeof text === "string" ? new TextEncoder().encode(text) : text);
  try {
    await loadConfig(path, () => undefined);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    assert.ok(error.problems.length > 0);
    for (const problem of error.problems) {
      assert.equal(problem.file, path);
      assert.ok(problem.line === 0 ? problem.column === 0 : problem.column >= 1);
      assert.ok(problem.message !== "" && !formatProblem(problem).includes("undefined"));
    }
  }
}

async function holds(name: string, arbitrary: fc.Arbitrary<string | Uint8Array>, numRuns: number) {
  const path = await Deno.makeTempFile({ suffix: ".yaml", prefix: name });
  try {
    await fc.assert(fc.asyncProperty(arbitrary, (text) => load(path, text)), { numRuns });
  } finally {
    await Deno.remove(path);
  }
}

Deno.test("loadConfig: any bytes are loaded or refused by ConfigError", async () => {
  await holds("bytes", fc.uint8Array({ maxLength: 200 }), 200);
});

Deno.test("loadConfig: any text of YAML's characters is loaded or refused by ConfigError", async () => {
  const token = fc.constantFrom(
    ..."-?:,[]{}#&*!|>'\"%@` \n\t~ax1".split(""),
    "\n  ",
    ": ",
    "- ",
    "&a ",
    "*a",
    "!!str ",
    "!!int ",
    "!!map ",
    "<<: ",
    "---\n",
    "...\n",
    "%YAML 1.1\n",
    "__proto__: ",
    "constructor: ",
    ...MEMBERS.map((name) => `${name}: `),
  );
  await holds("tokens", fc.array(token, { maxLength: 60 }).map((all) => all.join("")), 500);
});

Deno.test("loadConfig: any values in any section are loaded or refused by ConfigError", async () => {
  const json = fc.dictionary(fc.constantFrom(...MEMBERS), fc.jsonValue({ maxDepth: 4 }));
  await holds("json", json.map((value) => JSON.stringify(value)), 300);
});

Deno.test("loadConfig: the demo with any damage is loaded or refused by ConfigError", async () => {
  const damaged = fc.tuple(
    fc.nat(DEMO.length),
    fc.nat(40),
    fc.constantFrom("", " ", "\n", ":", "- ", "[", "}", '"', "null", "*a", "&a ", "\0", "é", "{}"),
  ).map(([at, length, text]) => DEMO.slice(0, at) + text + DEMO.slice(at + length));
  await holds("damage", damaged, 150);
});
