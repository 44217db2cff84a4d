/** What nobody sends in good faith, and whether a server came out of it unchanged. */

import assert from "node:assert/strict";
import type { Records } from "../../src/store/records.ts";
import type { Store } from "../../src/store/store.ts";
import type { TestServer } from "./server.ts";

/** The ways in which a parameter goes wrong. */
export const JUNK = {
  missing: () => [],
  empty: () => [""],
  twice: (good: string) => [good, good],
  long: () => ["a".repeat(100_000)],
  nul: (good: string) => [`${good}%00`],
  crlf: (good: string) => [`${good}%0D%0ASet-Cookie:%20stolen=1`],
  html: (good: string) => [`${good}%22%3E%3Cscript%3Ealert(1)%3C/script%3E`],
  unicode: (good: string) => [`${good}%F0%9F%92%A9%E2%80%AE`],
  surrogate: (good: string) => [`${good}%ED%A0%80`],
  percent: (good: string) => [`${good}%zz%`],
  json: () => ["%7B%22a%22:[1]%7D"],
  number: () => ["-1"],
} as const satisfies Record<string, (good: string) => readonly string[]>;
export type Junk = keyof typeof JUNK;
export const KINDS_OF_JUNK = Object.keys(JUNK) as Junk[];

/** A form or query in which `name` (if any) has gone wrong; the values of `good` are not yet encoded. */
export function encode(
  good: Readonly<Record<string, string | undefined>>,
  name?: string,
  junk?: Junk,
): string {
  const names = name === undefined || name in good
    ? Object.keys(good)
    : [...Object.keys(good), name];
  return names.flatMap((one) => {
    const value = good[one];
    const plain = encodeURIComponent(value ?? "");
    if (one === name && junk !== undefined) {
      return JUNK[junk](plain).map((text) => `${one}=${text}`);
    }
    return value === undefined ? [] : [`${one}=${plain}`];
  }).join("&");
}

/** All that a store holds, with the versions: two dumps are equal where nothing was written in between. */
export async function dump(store: Store, ...but: (keyof Records)[]): Promise<unknown> {
  const entries = await store.list([], { limit: 100_000 });
  return entries.filter(({ key: [kind] }) =>
    !but.some((one) => `${kind}`.split("_by_")[0] === one)
  );
}

/** A name that is in the text of every injection above, raw, where it was not escaped. */
export function assertNothingReflected(headers: Headers, text: string): void {
  assert.ok(!text.includes("<script>alert"), "markup is reflected");
  assert.ok(!text.includes("\0"), "NUL is reflected");
  for (const [name, value] of headers) {
    assert.ok(!/[\0\r\n]/.test(value), `${name} has control characters`);
  }
  for (const cookie of headers.getSetCookie()) assert.match(cookie, /^(__Host-)?latchkey-/);
}

/** A POST of a form, encoded already. */
export function post(body: string, headers: Record<string, string> = {}): RequestInit {
  return {
    method: "POST",
    headers: { "Content-Type": "application/x-www-form-urlencoded", ...headers },
    body,
  };
}

/** The `Authorization` header of `client_secret_basic` (RFC 6749 §2.3.1). */
export function basic(client_id: string, secret: string): Record<string, string> {
  const pair = `${encodeURIComponent(client_id)}:${encodeURIComponent(secret)}`;
  return { Authorization: `Basic ${btoa(pair)}` };
}

/** What each kind of junk in a parameter leads to: "ok", or an error code. */
export type Outcomes = { readonly otherwise: string } & { readonly [J in Junk]?: string };

/** Sends junk in each parameter of a form that would be right, anew for each: `fresh` gives the form. */
export async function eachJunk(
  server: TestServer,
  path: string,
  table: Readonly<Record<string, Outcomes>>,
  fresh: () => Promise<
    { form: Readonly<Record<string, string>>; headers?: Record<string, string> }
  >,
  burns: (name: string) => boolean = () => false,
): Promise<void> {
  for (const [name, outcomes] of Object.entries(table)) {
    for (const junk of KINDS_OF_JUNK) {
      const { form, headers } = await fresh();
      const before = await dump(server.store, "throttle");
      const response = await server.fetch(path, post(encode(form, name, junk), headers));
      const body = await response.text();
      const tooLong = junk === "long";
      const outcome = tooLong ? "invalid_request" : outcomes[junk] ?? outcomes.otherwise;
      const because = `${name}, ${junk}: ${response.status} ${body.slice(0, 200)}`;
      assertNothingReflected(response.headers, body);
      assert.equal(response.headers.get("Cache-Control"), "no-store", because);
      if (outcome === "ok") {
        assert.ok(response.ok, because);
        continue;
      }
      assertRefusal(response, body, outcome, tooLong ? 413 : undefined, because);
      if (!burns(name)) assert.deepEqual(await dump(server.store, "throttle"), before, because);
    }
  }
}

/** RFC 6749 §5.2. */
export function assertRefusal(
  response: Response,
  body: string,
  code: string,
  status = code === "invalid_client" ? 401 : 400,
  because = "",
): void {
  assert.equal(response.status, status, because);
  assert.equal(response.headers.get("Content-Type"), "application/json", because);
  const answer = JSON.parse(body);
  assert.equal(answer.error, code, because);
  assert.match(answer.error_description, /^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/, because);
  assert.deepEqual(Object.keys(answer), ["error", "error_description"]);
  assert.equal(response.headers.has("WWW-Authenticate"), code === "invalid_client", because);
}
