/** Whether whoever comes without an application is told what this place is for. */

import assert from "node:assert/strict";
import { testServer } from "../support/server.ts";

Deno.test("home: the issuer's address is a page that names the metadata, in the reader's language", async () => {
  for (const issuer of ["https://id.example.com", "https://id.example.com/tenant"]) {
    await using server = await testServer({ config: { issuer } });
    const answer = await server.fetch(issuer, { headers: { "Accept-Language": "de" } });
    assert.equal(answer.status, 200);
    assert.match(answer.headers.get("Content-Security-Policy") ?? "", /^default-src 'none'/);
    const html = await answer.text();
    assert.match(html, /<html lang="de"/);
    assert.ok(html.includes(`href="${issuer}/.well-known/openid-configuration"`));
    assert.ok(html.includes(`href="${issuer}/account"`));
    assert.equal((await server.fetch(issuer, { method: "POST" })).status, 405);
  }
});
