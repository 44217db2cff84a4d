/** Whether userinfo stands what nobody sends in good faith. */

import assert from "node:assert/strict";
import { SECRETS } from "../support/config.ts";
import { basic, dump, post } from "../support/hostile.ts";
import { memoryStore } from "../support/memory_store.ts";
import { testServer } from "../support/server.ts";

Deno.test("RFC 6750 §3: junk in a bearer token is refused with a challenge and the right code", async () => {
  await using server = await testServer({ store: memoryStore() });
  const machine = await server.fetch(
    "/connect/token",
    post("grant_type=client_credentials", basic("machine", SECRETS.machine)),
  );
  const { access_token } = await machine.json();
  const [head = "", body = "", signature = ""] = access_token.split(".");
  const none = btoa('{"alg":"none","typ":"at+jwt"}').replaceAll("=", "");
  const junk: [string | undefined, number, string | undefined][] = [
    [undefined, 401, undefined],
    ["Bearer", 401, "invalid_token"],
    ["Bearer ", 401, "invalid_token"],
    ["Bearer \x80\xff", 401, "invalid_token"],
    ["Bearer a b", 401, "invalid_token"],
    ["Basic YTpi", 401, undefined],
    [`Bearer ${"a".repeat(40_000)}`, 401, "invalid_token"],
    ["Bearer a.b.c", 401, "invalid_token"],
    ["Bearer ...", 401, "invalid_token"],
    [`Bearer ${none}.${body}.`, 401, "invalid_token"],
    [`Bearer ${head}.${body}.${signature.slice(0, -2)}`, 401, "invalid_token"],
    [`Bearer ${head}.${body}.${signature}.`, 401, "invalid_token"],
    [`Bearer ${head}.${body}.${signature}==`, 401, "invalid_token"],
    [`Bearer ${access_token}, Bearer ${access_token}`, 401, "invalid_token"],
    [`Bearer ${access_token}`, 403, "insufficient_scope"],
  ];
  const before = await dump(server.store);
  for (const method of ["GET", "POST"]) {
    for (const [Authorization, status, code] of junk) {
      const headers: HeadersInit = Authorization === undefined ? {} : { Authorization };
      const response = await server.fetch("/connect/userinfo", { method, headers });
      assertChallenge(response, await response.text(), status, code, Authorization);
    }
  }
  for (
    const [form, status, code] of [
      ["", 401, undefined],
      ["access_token=", 401, undefined],
      ["access_token=a&access_token=a", 400, "invalid_request"],
      ["access_token=%00%0d%0a", 401, "invalid_token"],
      ["access_token=%F0%9F%92%A9", 401, "invalid_token"],
      ["access_token=%ED%A0%80", 401, "invalid_token"],
      ["access_token=%zz", 401, "invalid_token"],
      [`access_token=${access_token}`, 403, "insufficient_scope"],
      [`access_token=${"a".repeat(100_000)}`, 413, "invalid_request"],
    ] as const
  ) {
    const response = await server.fetch("/connect/userinfo", post(form));
    assertChallenge(response, await response.text(), status, code, form.slice(0, 40));
  }
  // RFC 6750 §2.3 is not offered: a token in the query is no token
  const inQuery = await server.fetch(`/connect/userinfo?access_token=${access_token}`);
  assertChallenge(inQuery, await inQuery.text(), 401, undefined);
  const twice = await server.fetch(
    "/connect/userinfo",
    post(`access_token=${access_token}`, { Authorization: `Bearer ${access_token}` }),
  );
  assertChallenge(twice, await twice.text(), 400, "invalid_request");
  assert.deepEqual(await dump(server.store), before);
});

function assertChallenge(
  response: Response,
  body: string,
  status: number,
  code: string | undefined,
  because = "",
): void {
  assert.equal(response.status, status, because);
  const challenge = response.headers.get("WWW-Authenticate") ?? "";
  assert.match(challenge, /^Bearer realm="[^"]+"/, because);
  assert.equal(/, error="([^"]+)"/.exec(challenge)?.[1], code, because);
  assert.equal(body === "" ? undefined : JSON.parse(body).error, code, because);
}
