/** Whether passwords are hashed as RFC 9106 says and compared as they should be. */

import assert from "node:assert/strict";
import { argon2id, byWasm, byWebCrypto, nativeArgon2id } from "../../src/lib/argon2id.ts";
import { utf8 } from "../../src/lib/bytes.ts";
import {
  hashPassword,
  isPassword,
  isPasswordHash,
  LONGEST_PASSWORD,
  verifyPassword,
} from "../../src/lib/password_hash.ts";
import { testEnv } from "../support/env.ts";

const COST = { salt: utf8("somesalt"), memory: 256, passes: 2, parallelism: 1, length: 32 };

/** The reference implementation's test vectors (https://github.com/P-H-C/phc-winner-argon2, src/test.c). */
const VECTORS = [
  [COST, "password", "9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe"],
  [
    { ...COST, parallelism: 2 },
    "password",
    "6d093c501fd5999645e0ea3bf620d7b8be7fd2db59c20d9fff9539da2bf57037",
  ],
  [
    { ...COST, memory: 65_536 },
    "password",
    "09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7",
  ],
  [
    { ...COST, memory: 65_536 },
    "differentpassword",
    "0b84d652cf6b0c4beaef0dfe278ba6a80df6696281d7e0d2891b817d8c458fde",
  ],
  [
    { ...COST, memory: 65_536, salt: utf8("diffsalt") },
    "password",
    "bdf32b05ccc42eb15d58fd19b1f856b113da1e9a5874fdcc544308565aa8141c",
  ],
] as const;

const REFERENCE =
  "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";

Deno.test("RFC 9106: the hash is the reference implementation's", async () => {
  for (const [parameters, password, hash] of VECTORS) {
    assert.equal((await argon2id(utf8(password), parameters)).toHex(), hash);
  }
});

Deno.test({
  name: "RFC 9106: WebCrypto and WebAssembly agree",
  ignore: !nativeArgon2id(),
  async fn() {
    for (const parallelism of [1, 2, 4]) {
      for (const length of [16, 32, 64]) {
        const parameters = { ...COST, passes: 1, parallelism, length };
        const password = utf8(`Pässwörd ${parallelism} ${length}`);
        assert.deepEqual(
          await byWebCrypto(password, parameters),
          await byWasm(password, parameters),
        );
      }
    }
  },
});

Deno.test("hashPassword: the hash says what it cost and takes only the password", async () => {
  const env = testEnv();
  const phc = await hashPassword(env, "correct horse");
  assert.match(phc, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
  assert.ok(isPasswordHash(phc));
  assert.equal(await verifyPassword(phc, "correct horse"), true);
  assert.equal(await verifyPassword(phc, "correct horse "), false);
  assert.notEqual(await hashPassword(env, "correct horse"), phc, "every hash has its own salt");
});

Deno.test("verifyPassword: hashes of other programs are taken with their own cost", async () => {
  assert.equal(await verifyPassword(REFERENCE, "password"), true);
  assert.equal(await verifyPassword(REFERENCE, "Password"), false);
  assert.equal(await verifyPassword(REFERENCE.replace(/.$/, "g"), "password"), false);
});

Deno.test("NIST SP 800-63B §5.1.1.2: the same password in another Unicode form is the same", async () => {
  const phc = await hashPassword(testEnv(), "Zürich ﬁ");
  assert.equal(await verifyPassword(phc, "Zu\u0308rich fi"), true);
});

Deno.test("isPassword: it has 1 to 1024 bytes, and what has not is no one's password", async () => {
  const longest = "x".repeat(LONGEST_PASSWORD);
  const phc = await hashPassword(testEnv(), longest);
  assert.equal(await verifyPassword(phc, longest), true);
  // U+FDFA is 3 bytes, and 33 once normalized.
  for (const wrong of ["", `${longest}x`, "ü".repeat(513), "\ufdfa".repeat(40)]) {
    assert.equal(isPassword(wrong), false);
    assert.equal(await verifyPassword(phc, wrong), false);
    await assert.rejects(hashPassword(testEnv(), wrong), TypeError);
  }
});

Deno.test("isPasswordHash: anything but a bounded canonical Argon2id hash is refused", async () => {
  assert.ok(isPasswordHash(REFERENCE));
  const salt = "c29tZXNhbHQ";
  const hash = "CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
  const wrong = [
    "",
    "password",
    REFERENCE.slice(1),
    `${REFERENCE}\n`,
    ` ${REFERENCE}`,
    `${REFERENCE}$`,
    `${REFERENCE}=`,
    REFERENCE.replace("argon2id", "argon2i"),
    REFERENCE.replace("v=19", "v=16"),
    REFERENCE.replace("v=19$", ""),
    REFERENCE.replace("t=2,p=1", "p=1,t=2"),
    REFERENCE.replace("m=65536", "m=065536"),
    REFERENCE.replace("m=65536", "m=7"),
    REFERENCE.replace("m=65536", "m=262145"),
    REFERENCE.replace("m=65536", "m=99999999999"),
    REFERENCE.replace("t=2", "t=0"),
    REFERENCE.replace("t=2", "t=17"),
    REFERENCE.replace("p=1", "p=0"),
    REFERENCE.replace("p=1", "p=17"),
    REFERENCE.replace("m=65536,t=2,p=1", "m=8,t=2,p=2"),
    REFERENCE.replace(salt, "c29tZXNhbA"), // 7 bytes
    REFERENCE.replace(salt, "c29tZXNhbHR"), // bits left over
    REFERENCE.replace(salt, "c29tZXNhbHQ="),
    REFERENCE.replace(salt, "c29tZX-hbHQ"),
    REFERENCE.replace(salt, utf8("x".repeat(65)).toBase64({ omitPadding: true })),
    REFERENCE.replace(hash, utf8("x".repeat(15)).toBase64({ omitPadding: true })),
    REFERENCE.replace(hash, utf8("x".repeat(65)).toBase64({ omitPadding: true })),
  ];
  for (const text of wrong) {
    assert.equal(isPasswordHash(text), false, text);
    await assert.rejects(verifyPassword(text, "password"), TypeError);
  }
});
