/** Whether a line of the log says what happened and nothing else, whatever stands in it. */

import assert from "node:assert/strict";
import { type LogFormat, openLog } from "../../src/cli/logging.ts";

/** What is written for one event. */
function lineOf(format: LogFormat, members: Record<string, unknown>): string {
  const { error } = console;
  const lines: unknown[] = [];
  console.error = (line: unknown) => lines.push(line);
  try {
    openLog(format).info("request.refused", members);
  } finally {
    console.error = error;
  }
  assert.equal(lines.length, 1);
  return String(lines[0]);
}

/** Of a line of text, without the time. */
const text = (members: Record<string, unknown>) => lineOf("text", members).slice(9);

Deno.test("openLog: a line of text has each member once, the reference last", () => {
  assert.equal(
    text({ trace_id: "0123abcd", path: "/connect/token", status: 400, gone: undefined, ok: true }),
    "info request.refused path=/connect/token status=400 ok=true trace_id=0123abcd",
  );
  assert.equal(
    text({ client_id: "", scope: "openid profile", registered: ["a", "b"] }),
    'info request.refused client_id="" scope="openid profile" registered=["a","b"]',
  );
});

Deno.test("openLog: nobody adds a member, a line or a command for the terminal to what they send", () => {
  assert.equal(
    text({ client_id: "web sub=alice trace_id=1", trace_id: "2" }),
    'info request.refused client_id="web sub=alice trace_id=1" trace_id=2',
  );
  assert.equal(
    text({ client_id: 'a" sub="b', path: "sub=alice" }),
    String.raw`info request.refused client_id="a\" sub=\"b" path="sub=alice"`,
  );
  // Line ends, a C0 and a C1 escape, and what turns the order of letters round or hides them.
  for (
    const code of [
      0x0a,
      0x0d,
      0x1b,
      0x7f,
      0x85,
      0x9b,
      0x2028,
      0x2029,
      0x202e,
      0x2066,
      0xfeff,
      0xe0001,
    ]
  ) {
    const character = String.fromCodePoint(code);
    for (const format of ["json", "text"] as const) {
      for (const client_id of [`a${character}b`, [character]]) {
        const line = lineOf(format, { client_id });
        assert.match(line, /^[\x20-\x7e]+$/);
        if (format === "json") assert.deepEqual(JSON.parse(line).client_id, client_id);
      }
    }
  }
});

Deno.test("openLog: what a client sends is never taken for the time, level or name of an event", () => {
  const event = JSON.parse(lineOf("json", { time: "then", level: "none", message: "other" }));
  assert.equal(event.message, "request.refused");
  assert.equal(event.level, "info");
  assert.match(event.time, /^20/);
});
