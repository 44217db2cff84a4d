/** Whether the commands that handle secrets take them only where nobody reads along. */

import assert from "node:assert/strict";
import { sha256Hex } from "../../src/lib/bytes.ts";
import { verifyPassword } from "../../src/lib/password_hash.ts";
import { run, runProcess } from "../support/cli.ts";

const SECRET = "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA";

Deno.test("hash-password: it prints a hash of the password, for people and for programs", async () => {
  const plain = await run(["hash-password"], { secrets: ["correct horse"] });
  assert.deepEqual([plain.code, plain.stderr], [0, ""]);
  assert.ok(await verifyPassword(plain.stdout.trimEnd(), "correct horse"));
  const json = await run(["hash-password", "--json"], { secrets: ["correct horse"] });
  assert.ok(await verifyPassword(JSON.parse(json.stdout).hash, "correct horse"));
});

Deno.test("hash-password: a terminal is asked twice, and both must agree", async () => {
  const same = await run(["hash-password"], { interactive: true, secrets: ["secret", "secret"] });
  assert.equal(same.code, 0);
  const other = await run(["hash-password"], { interactive: true, secrets: ["secret", "secert"] });
  assert.deepEqual([other.code, other.stdout], [1, ""]);
  assert.match(other.stderr, /the two passwords differ/);
});

Deno.test("hash-password: what is too long to be a password is refused", async () => {
  const { code, stdout, stderr } = await run(["hash-password"], { secrets: ["x".repeat(1025)] });
  assert.deepEqual([code, stdout], [2, ""]);
  assert.match(stderr, /longer than 1024 bytes/);
});

Deno.test("hash-secret: it prints the SHA-256 of the secret, for people and for programs", async () => {
  const sha256 = sha256Hex(SECRET);
  const plain = await run(["hash-secret"], { secrets: [SECRET] });
  assert.deepEqual(plain, { code: 0, stdout: `${sha256}\n`, stderr: "" });
  const json = await run(["hash-secret", "--json"], { secrets: [SECRET] });
  assert.deepEqual(JSON.parse(json.stdout), { sha256 });
});

Deno.test("RFC 6749 §10.10: hash-secret warns of a secret that can be guessed", async () => {
  const { code, stdout, stderr } = await run(["hash-secret"], { secrets: ["hunter2"] });
  assert.deepEqual([code, stdout], [0, `${sha256Hex("hunter2")}\n`]);
  assert.match(stderr, /warning: shorter than 22 bytes/);
  assert.doesNotMatch(stderr, /hunter2/);
});

Deno.test("generate-secret: every secret is new and has 256 bits", async () => {
  const { code, stdout, stderr } = await run(["generate-secret"]);
  assert.deepEqual([code, stderr], [0, ""]);
  assert.match(stdout, /^[A-Za-z0-9_-]{43}\n$/);
  assert.notEqual((await run(["generate-secret"])).stdout, stdout);
  const { secret, sha256 } = JSON.parse((await run(["generate-secret", "--json"])).stdout);
  assert.equal(sha256, sha256Hex(secret));
});

Deno.test("hash-password, hash-secret: an argument is refused, unread and unquoted", async () => {
  for (const name of ["hash-password", "hash-secret"]) {
    for (const given of [["hunter2"], ["--", "hunter2"], ["--hunter2"], ["-hunter2"]]) {
      const { code, stdout, stderr } = await run([name, ...given]);
      assert.deepEqual([code, stdout], [2, ""], given.join(" "));
      assert.match(stderr, /is never an argument, where history and other processes can read it/);
      assert.doesNotMatch(stderr, /hunter2/);
    }
  }
});

Deno.test("hash-secret: stdin is the secret, without its last line end", async () => {
  const inputs = [[SECRET, SECRET], [`${SECRET}\n`, SECRET], [`${SECRET}\r\n`, SECRET]] as const;
  const more = [[`a\n${SECRET}\n\n`, `a\n${SECRET}\n`]] as const;
  await Promise.all([...inputs, ...more].map(async ([stdin, secret]) => {
    assert.equal((await runProcess(["hash-secret"], stdin)).stdout, `${sha256Hex(secret)}\n`);
  }));
});

Deno.test("hash-password: an empty stdin is no password", async () => {
  for (const stdin of ["", "\n"]) {
    const { code, stdout, stderr } = await runProcess(["hash-password"], stdin);
    assert.deepEqual([code, stdout], [2, ""]);
    assert.match(stderr, /nothing was given/);
  }
});
