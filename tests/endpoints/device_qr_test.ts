/** Whether the QR code of a device is drawn as cameras read it, for terminals and for pages, and tells nothing (RFC 8628 §3.3.1). */

import assert from "node:assert/strict";
import { encode } from "uqr";
import { withDevice } from "../support/device.ts";
import { dump } from "../support/hostile.ts";
import { memoryStore } from "../support/memory_store.ts";
import { testServer } from "../support/server.ts";

const QUIET_ZONE = 4;

/** Which modules are dark: those of the code that says where to go. */
function expected(address: string): boolean[][] {
  return encode(address, { border: QUIET_ZONE, ecc: "M" }).data;
}

/** Which modules are dark in the text: what is drawn is light. */
function darkInText(text: string): boolean[][] {
  const rows = text.replace(/\n$/, "").split("\n");
  return rows.flatMap((row) => [
    [...row].map((one) => one !== "█" && one !== "▀"),
    [...row].map((one) => one !== "█" && one !== "▄"),
  ]);
}

/** Which modules are dark in the picture. */
function darkInSvg(svg: string, size: number): boolean[][] {
  const dark = Array.from({ length: size }, () => Array<boolean>(size).fill(false));
  for (const [, x, y] of svg.matchAll(/M(\d+),(\d+)h10v10h-10z/g)) {
    const row = dark[Number(y) / 10];
    assert.ok(row !== undefined);
    row[Number(x) / 10] = true;
  }
  return dark;
}

Deno.test("RFC 8628 §3.3.1: the QR code is verification_uri_complete, as a picture and as text, with a quiet zone", async () => {
  await using server = await testServer({ config: withDevice() });
  const modules = expected(`${server.issuer}/device?user_code=WDJB-MJHT`);
  const size = modules.length;
  assert.ok(modules.slice(0, QUIET_ZONE).flat().every((dark) => !dark));
  for (const code of ["WDJB-MJHT", "wdjb mjht", "WDJBMJHT"]) {
    const url = `/device/qr?user_code=${encodeURIComponent(code)}`;
    const picture = await server.fetch(url, {
      headers: { Accept: "image/avif,image/*,*/*;q=0.8" },
    });
    assert.equal(picture.headers.get("Content-Type"), "image/svg+xml; charset=utf-8");
    const svg = await picture.text();
    assert.deepEqual(darkInSvg(svg, size), modules);
    assert.match(svg, /<rect fill="white"[^>]*><path fill="black"/);
    const text = await server.fetch(url, { headers: { Accept: "text/plain" } });
    assert.equal(text.headers.get("Content-Type"), "text/plain; charset=utf-8");
    assert.deepEqual(darkInText(await text.text()).slice(0, size), modules);
  }
});

Deno.test("RFC 8628 §5.1: the QR code of a code that a device waits for differs in nothing, and drawing it touches nothing", async () => {
  await using server = await testServer({ config: withDevice(), store: memoryStore() });
  const before = await dump(server.store);
  const response = await server.fetch("/device/qr?user_code=BBBB-BBBB");
  await response.body?.cancel();
  assert.equal(response.status, 200);
  assert.deepEqual(await dump(server.store), before);
  assert.deepEqual(response.headers.getSetCookie(), []);
});

Deno.test("GET /device/qr: any page may show the picture, nothing in it runs, and no shared cache keeps it", async () => {
  await using server = await testServer();
  const { headers, body } = await server.fetch("/device/qr?user_code=WDJB-MJHT");
  await body?.cancel();
  assert.equal(headers.get("Cross-Origin-Resource-Policy"), "cross-origin");
  assert.equal(headers.get("X-Content-Type-Options"), "nosniff");
  assert.match(headers.get("Content-Security-Policy") ?? "", /default-src 'none'.*sandbox/);
  assert.equal(headers.get("Cache-Control"), "private, max-age=600");
  assert.equal(headers.get("Vary"), "Accept");
});

Deno.test("GET /device/qr: what can't be a code is refused, and comes back in no form", async () => {
  await using server = await testServer();
  const junk = [
    "",
    "user_code=",
    "user_code=ABCD-EFGH",
    "user_code=BBBBBBBBB",
    "user_code=<svg onload=alert(1)>",
    "user_code=BBBBBBBB&user_code=CCCCCCCC",
    `user_code=${"B".repeat(9000)}`,
    "user_code=%00%ff",
  ];
  for (const query of junk) {
    const response = await server.fetch(`/device/qr?${query}`);
    const text = await response.text();
    assert.equal(response.status, 400, query.slice(0, 40));
    assert.match(text, /^\{"error":"invalid_request","error_description":"[\w ]+"\}$/);
  }
  const posted = await server.fetch("/device/qr?user_code=BBBBBBBB", { method: "POST" });
  await posted.body?.cancel();
  assert.equal(posted.status, 405);
});
