/** Whether secrets are read from terminals and pipes byte for byte. */

import assert from "node:assert/strict";
import { utf8 } from "../../src/lib/bytes.ts";
import { UsageError } from "../../src/cli/command.ts";
import {
  Interrupted,
  LONGEST_SECRET,
  type Read,
  readPiped,
  readTyped,
} from "../../src/cli/terminal.ts";

function chunks(...given: (string | Uint8Array)[]): Read {
  const left = given.map((chunk) => typeof chunk === "string" ? utf8(chunk) : chunk);
  return () => Promise.resolve(left.shift());
}

Deno.test("readPiped: all that comes, without one line end", async () => {
  assert.equal(await readPiped(chunks("a", "b\n")), "ab");
  assert.equal(await readPiped(chunks("ab\r\n")), "ab");
  assert.equal(await readPiped(chunks("a\nb\n\n")), "a\nb\n");
  assert.equal(await readPiped(chunks(" a b ")), " a b ");
  assert.equal(await readPiped(chunks(Uint8Array.of(0xc3), Uint8Array.of(0xbc))), "ü");
});

Deno.test("readPiped: nothing, too much and what is not UTF-8 are refused", async () => {
  await assert.rejects(readPiped(chunks()), new UsageError("nothing was given"));
  await assert.rejects(readPiped(chunks("\n")), new UsageError("nothing was given"));
  await assert.rejects(
    readPiped(chunks(Uint8Array.of(0xff))),
    new UsageError("what was given is not UTF-8"),
  );
  const endless: Read = () => Promise.resolve(new Uint8Array(4096).fill(0x61));
  await assert.rejects(
    readPiped(endless),
    new UsageError(`what was given is longer than ${LONGEST_SECRET} bytes`),
  );
});

Deno.test("readTyped: a line ends at Enter, Ctrl-D or the end of the terminal", async () => {
  for (const end of ["\r", "\n", "\x04", ""]) {
    assert.equal(await readTyped(chunks("se", "cret", end))(), "secret");
  }
});

Deno.test("readTyped: backspace takes a character, Ctrl-U the line, other controls do nothing", async () => {
  assert.equal(await readTyped(chunks("aü€😀\x7f\x7f\b", "b\r"))(), "ab");
  assert.equal(await readTyped(chunks("\x7f\x7fa\r"))(), "a");
  assert.equal(await readTyped(chunks("wrong\x15right\r"))(), "right");
  assert.equal(await readTyped(chunks("a\x01\x1a\tb\r"))(), "ab");
});

Deno.test("readTyped: a paste of two lines answers two prompts", async () => {
  const read = readTyped(chunks("one\rtw", "o\r"));
  assert.deepEqual([await read(), await read()], ["one", "two"]);
});

Deno.test("readTyped: Ctrl-C interrupts", async () => {
  await assert.rejects(readTyped(chunks("secret\x03"))(), Interrupted);
});
