/** Whether the script of the check session iframe counts right, in any browser. */

import { parse } from "acorn";
import assert from "node:assert/strict";
import fc from "fast-check";
import { base64url, utf8 } from "../../src/lib/bytes.ts";
import { renderCheckSession } from "../../src/pages/check_session.ts";
import { SHA_256_SCRIPT } from "../../src/pages/sha_256_script.ts";
import { anyText } from "../support/any_text.ts";

const sha256 = new Function(`${SHA_256_SCRIPT}; return sha256;`)() as (text: string) => string;

async function expected(text: string): Promise<string> {
  return base64url(new Uint8Array(await crypto.subtle.digest("SHA-256", utf8(text))));
}

Deno.test("FIPS 180-4: sha256 is that of WebCrypto for every length around the ends of blocks", async () => {
  for (let length = 0; length < 300; length++) {
    const text = "a".repeat(length);
    assert.equal(sha256(text), await expected(text), `${length}`);
  }
});

Deno.test("FIPS 180-4: sha256 is that of WebCrypto for whatever text", async () => {
  const text = anyText({ maxLength: 400 });
  await fc.assert(
    fc.asyncProperty(text, async (text) => {
      assert.equal(sha256(text), await expected(text));
    }),
    { numRuns: 2000 },
  );
  const long = "\u{1f4a9}ü".repeat(20_000);
  assert.equal(sha256(long), await expected(long));
  assert.throws(() => sha256("\ud800"), URIError);
});

/** What the script answers to a message of `origin`, in a window of this making. */
function ask(
  data: unknown,
  { origin = "https://rp.example.com", cookie = "", parents, referrer = "" }: {
    readonly origin?: string;
    readonly cookie?: string;
    readonly parents?: readonly string[] | undefined;
    readonly referrer?: string;
  } = {},
): unknown[] {
  const answers: unknown[] = [];
  let listener = (_: unknown) => {};
  const window = { addEventListener: (_: string, act: typeof listener) => listener = act };
  const { script } = renderCheckSession("__Host-latchkey-browser_state");
  new Function("window", "document", "location", script)(
    window,
    { cookie, referrer },
    { ancestorOrigins: parents },
  );
  const source = { postMessage: (...said: unknown[]) => answers.push(said) };
  listener({ data, origin, source });
  return answers;
}

const ORIGIN = "https://rp.example.com";
const COOKIE = "a=b; __Host-latchkey-browser_state=STATE; __Host-latchkey-browser_state2=x";

Deno.test("OpenID Connect Session Management §3.2: the iframe answers unchanged, changed or error to whoever asked alone", async () => {
  const state = `${await expected(`spa ${ORIGIN} STATE salt`)}.salt`;
  const none = `${await expected(`spa ${ORIGIN}  salt`)}.salt`;
  const said = (word: string) => [[word, ORIGIN]];
  assert.deepEqual(ask(`spa ${state}`, { cookie: COOKIE }), said("unchanged"));
  assert.deepEqual(ask(`spa ${state}`), said("changed"));
  // Or any page could ask whether somebody is logged in.
  assert.deepEqual(ask(`spa ${none}`), said("changed"));
  assert.deepEqual(ask(`spa ${none}`, { cookie: COOKIE }), said("changed"));
  assert.deepEqual(ask(`web ${state}`, { cookie: COOKIE }), said("changed"));
  const other = "https://other.example.com";
  assert.deepEqual(ask(`spa ${state}`, { cookie: COOKIE, origin: other }), [["changed", other]]);
  for (
    const wrong of ["", "spa", `${state}`, `spa ${state} x`, "spa x", "\ud800 a.b", {}, null, 1]
  ) {
    assert.deepEqual(ask(wrong, { cookie: COOKIE }), said("error"), String(wrong));
  }
});

Deno.test("OpenID Connect Session Management §3.2: nobody but the page around it is answered, where the browser tells which that is", async () => {
  const message = `spa ${await expected(`spa ${ORIGIN} STATE salt`)}.salt`;
  const parents = [ORIGIN, "https://outer.example.com"];
  assert.equal(ask(message, { cookie: COOKIE, parents }).length, 1);
  assert.equal(ask(message, { parents: parents.reverse() }).length, 0);
  // Where there are no ancestors, or they may not be known, the referrer tells; without either nobody does.
  for (const ancestors of [undefined, [], ["null"]]) {
    const asked = (referrer: string) => ask(message, { parents: ancestors, referrer }).length;
    assert.deepEqual([asked(""), asked(`${ORIGIN}/`), asked(`${ORIGIN}/page?a=b`)], [1, 1, 1]);
    assert.deepEqual([asked("https://outer.example.com/"), asked(`${ORIGIN}:8443/`)], [0, 0]);
    assert.equal(asked(`${ORIGIN}.evil.example/`), 0);
  }
  assert.equal(ask(message, { origin: "null" }).length, 0);
});

Deno.test("renderCheckSession: the script is ECMAScript 5", () => {
  const { html, script } = renderCheckSession("latchkey-browser_state");
  assert.ok(html.includes(`<script>${script}</script>`));
  assert.doesNotThrow(() => parse(script, { ecmaVersion: 5 }));
});
