/** Whether the arguments of a command are told from its options, counted, and explained. */

import assert from "node:assert/strict";
import { command, UsageError } from "../../src/cli/command.ts";
import { processIo } from "../../src/cli/io.ts";

/** A command with one required and one optional argument, and what it was given at last. */
function copy() {
  const seen: unknown[] = [];
  const it = command({
    summary: "copies one thing",
    options: {
      force: { type: "boolean", summary: "whatever stands there" },
      mode: { type: "string", value: "MODE", summary: "how" },
    },
    arguments: {
      source_file: { summary: "what to copy" },
      target: { summary: "where to", optional: true },
    },
    run(_io, values, given) {
      seen.push([values, given]);
      return 0;
    },
  });
  return { it, seen };
}

Deno.test("command: arguments come in their order, before, between or behind options", async () => {
  const { it, seen } = copy();
  const io = processIo();
  const values = { force: true, mode: "fast" };
  for (
    const args of [
      ["a", "b", "--force", "--mode", "fast"],
      ["--force", "a", "--mode=fast", "b"],
      ["--force", "--mode", "fast", "--", "a", "b"],
    ]
  ) {
    assert.equal(await it.run(io, args), 0);
    assert.deepEqual(seen.pop(), [values, { source_file: "a", target: "b" }]);
  }
  await it.run(io, ["--", "--force"]);
  assert.deepEqual(seen.pop(), [
    { force: false, mode: undefined },
    { source_file: "--force", target: undefined },
  ]);
});

Deno.test("command: an argument that looks like one may begin with a dash", async () => {
  const seen: unknown[] = [];
  const it = command({
    summary: "ends a key",
    options: { all: { type: "boolean", summary: "all" } },
    arguments: { kid: { summary: "which", optional: true, looks: /^[\w-]{8}$/ } },
    run(_io, { all }, { kid }) {
      seen.push([all, kid]);
      return 0;
    },
  });
  const io = processIo();
  for (const kid of ["-abcdefg", "--abcdef", "abcdefgh"]) {
    for (const args of [[kid], ["--", kid], [kid, "--all"], ["--all", kid]]) {
      await it.run(io, args);
      assert.deepEqual(seen.pop(), [args.includes("--all"), kid]);
    }
  }
  await assert.rejects(it.run(io, ["--al"]), /unknown option --al; did you mean --all\?/);
});

Deno.test("command: an argument that is missing, empty or one too many is named", async () => {
  const { it, seen } = copy();
  const wrong: [string[], RegExp][] = [
    [[], /^argument SOURCE_FILE is missing: what to copy$/],
    [["--force"], /^argument SOURCE_FILE is missing/],
    [[""], /^argument SOURCE_FILE is empty/],
    [["a", ""], /^argument TARGET is empty: where to$/],
    [["a", "b", "c"], /^takes no argument "c" besides SOURCE_FILE TARGET$/],
    [["a", "b", "--", "--c"], /^takes no argument "--c" besides/],
    [["a", "--fource"], /^unknown option --fource; did you mean --force\?$/],
  ];
  for (const [args, message] of wrong) {
    await assert.rejects(
      it.run(processIo(), args),
      (error) => error instanceof UsageError && message.test(error.message),
      args.join(" "),
    );
  }
  assert.deepEqual(seen, []);
});

Deno.test("command: the help shows which arguments there are and which may be absent", () => {
  assert.equal(
    copy().it.help("latchkey copy"),
    `latchkey copy: copies one thing.

Usage: latchkey copy [--force] [--mode MODE] [--help] SOURCE_FILE [TARGET]

  SOURCE_FILE  what to copy
  TARGET       where to
  --force      whatever stands there
  --mode MODE  how
  --help       print this`,
  );
});
