/** Whether every endpoint stands wrong methods, wrong bodies and broken HTTP. */

import assert from "node:assert/strict";
import { CALLBACK, SECRETS } from "../support/config.ts";
import { assertNothingReflected, basic, dump, post } from "../support/hostile.ts";
import { memoryStore } from "../support/memory_store.ts";
import { listeningServer, type TestServer, testServer } from "../support/server.ts";

const ENDPOINTS: Readonly<Record<string, string>> = {
  "/.well-known/openid-configuration": "GET, HEAD",
  "/.well-known/oauth-authorization-server": "GET, HEAD",
  "/.well-known/openid-configuration/jwks": "GET, HEAD",
  "/connect/authorize": "GET, HEAD, POST",
  "/connect/authorize/callback": "GET, HEAD",
  "/connect/authorize/check": "GET, HEAD",
  "/connect/token": "POST",
  "/connect/par": "POST",
  "/connect/deviceauthorization": "POST",
  "/connect/userinfo": "GET, HEAD, POST",
  "/connect/revocation": "POST",
  "/account/login": "GET, HEAD, POST",
  "/account/consent": "GET, HEAD, POST",
  "/device": "GET, HEAD, POST",
  "/device/confirm": "GET, HEAD, POST",
  "/device/qr": "GET, HEAD",
};

const FORMS = Object.keys(ENDPOINTS).filter((path) => ENDPOINTS[path]?.includes("POST"));

const TOKEN_REQUEST = "grant_type=client_credentials";

Deno.test("RFC 9110 §15.5.6: another method is 405 with Allow", async () => {
  await using server = await testServer({ store: memoryStore() });
  const before = await dump(server.store);
  for (const [path, allowed] of Object.entries(ENDPOINTS)) {
    // RFC 9110 §9.3.2: HEAD is answered wherever GET is
    const head = await server.fetch(path, { method: "HEAD" });
    assert.equal(head.status !== 405, allowed.includes("HEAD"), path);
    for (const method of ["GET", "POST", "PUT", "DELETE", "PATCH", "get-token", "PROPFIND"]) {
      if (allowed.includes(method)) continue;
      const response = await server.fetch(path, { method });
      assert.equal(response.status, 405, `${method} ${path}`);
      assert.equal(response.headers.get("Allow"), allowed);
      assert.equal((await response.json()).error, "invalid_request");
    }
  }
  assert.deepEqual(await dump(server.store), before);
});

/** Bodies that are no form, each with the `Content-Type` that it claims. */
const NO_FORMS: [string | undefined, BodyInit][] = [
  ["application/json", JSON.stringify({ grant_type: "client_credentials" })],
  [
    "multipart/form-data; boundary=x",
    `--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--x--\r\n`,
  ],
  ["text/plain", TOKEN_REQUEST],
  ["application/x-www-form-urlencodedx", TOKEN_REQUEST],
  ["application/xml", "<a/>"],
  ["a; application/x-www-form-urlencoded", TOKEN_REQUEST],
  ["\x80\xff", TOKEN_REQUEST],
  [undefined, new TextEncoder().encode(TOKEN_REQUEST)],
  ["application/x-www-form-urlencoded; charset=utf-16", utf16(TOKEN_REQUEST)],
  ["application/x-www-form-urlencoded", new Uint8Array([0xff, 0xfe, 0, 0x80])],
  ["application/x-www-form-urlencoded", ""],
  ["application/x-www-form-urlencoded", "&&&===&=&"],
  ["application/x-www-form-urlencoded", JSON.stringify({ grant_type: "client_credentials" })],
];

function utf16(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Uint16Array.from(text, (character) => character.charCodeAt(0)).buffer);
}

Deno.test("RFC 6749 §3.2: a body that is no form is invalid_request, and nothing changes", async () => {
  await using server = await testServer({ store: memoryStore() });
  const before = await dump(server.store);
  for (const path of FORMS) {
    for (const [type, body] of NO_FORMS) {
      // Nobody pushes who has no authorization endpoint.
      const who = path.endsWith("par") ? "web" : "machine";
      const headers: Record<string, string> = basic(who, SECRETS[who]);
      if (type !== undefined) headers["Content-Type"] = type;
      const response = await server.fetch(path, { method: "POST", headers, body });
      const text = await response.text();
      const because = `${path}, ${type}: ${response.status} ${text.slice(0, 100)}`;
      // RFC 6750 §2.2: userinfo reads no body but a form, so there is no token
      const bearer = path.endsWith("userinfo");
      assert.equal(response.status, bearer ? 401 : 400, because);
      // An empty form is one, and that this client has no devices is all that is wrong with it there.
      const refused = path.endsWith("deviceauthorization")
        ? /invalid_request|unauthorized_client/
        : /invalid_request/;
      assert.match(text, bearer ? /^$/ : refused, because);
      assertNothingReflected(response.headers, text);
    }
  }
  assert.deepEqual(await dump(server.store), before);
});

Deno.test("RFC 6749 §3.2: a charset and the case of the media type don't matter", async () => {
  await using server = await testServer({ store: memoryStore() });
  for (
    const type of [
      "application/x-www-form-urlencoded; charset=ISO-8859-1",
      "Application/X-WWW-Form-Urlencoded;charset=utf-8",
      "application/x-www-form-urlencoded ; a=b",
    ]
  ) {
    const headers = { ...basic("machine", SECRETS.machine), "Content-Type": type };
    const response = await server.fetch("/connect/token", post(TOKEN_REQUEST, headers));
    assert.equal(response.status, 200, type);
    await response.body?.cancel();
  }
});

Deno.test("RFC 9110 §15.5.14: an endless body is 413 as soon as it is too long", async () => {
  await using server = await testServer({ store: memoryStore() });
  const before = await dump(server.store);
  for (const path of FORMS) {
    let sent = 0;
    const body = new ReadableStream({
      pull(controller) {
        sent += 1024;
        controller.enqueue(new Uint8Array(1024).fill(97));
      },
    });
    const headers = { "Content-Type": "application/x-www-form-urlencoded" };
    const request = new Request(server.issuer + path, { method: "POST", headers, body });
    const response = await server.fetch(request);
    assert.equal(response.status, 413, path);
    assert.match(await response.text(), /invalid_request/);
    assert.ok(sent < 70_000, `${path} read ${sent} bytes`);
  }
  assert.deepEqual(await dump(server.store), before);
});

/** Sends bytes as they are and answers what comes back: the status line first; "" where the connection was closed. */
async function raw(server: TestServer, text: string): Promise<string> {
  const { hostname, port } = new URL(server.issuer);
  using connection = await Deno.connect({ hostname, port: Number(port) });
  const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
  const written = write(connection, bytes);
  let answer = "";
  const buffer = new Uint8Array(4096);
  for (;;) {
    const length = await connection.read(buffer).catch(() => null);
    if (length === null) break;
    // there is an answer, so whatever the server still waits for doesn't come
    if (answer === "") written.then(() => connection.closeWrite()).catch(() => {});
    answer += new TextDecoder("latin1").decode(buffer.subarray(0, length));
  }
  await written.catch(() => {});
  return answer;
}

async function write(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let start = 0; start < bytes.length;) {
    start += await connection.write(bytes.subarray(start));
  }
}

const AUTHORIZE = `/connect/authorize?client_id=web&response_type=code&scope=openid&redirect_uri=${
  encodeURIComponent(CALLBACK)
}`;
const CLOSE = "Connection: close\r\n";
const FORM = "Content-Type: application/x-www-form-urlencoded\r\n";

const BROKEN: Readonly<Record<string, string>> = {
  "Host with spaces": `GET ${AUTHORIZE} HTTP/1.1\r\nHost: a b/c\r\n${CLOSE}\r\n`,
  "Host of another": `GET ${AUTHORIZE} HTTP/1.1\r\nHost: evil.example\r\n${CLOSE}\r\n`,
  "Host with markup": `GET /nothing HTTP/1.1\r\nHost: <script>alert(1)</script>\r\n${CLOSE}\r\n`,
  "Host with a path": `GET / HTTP/1.1\r\nHost: evil.example/connect/token?a=b&\r\n${CLOSE}\r\n`,
  "Host with a user": `GET ${AUTHORIZE} HTTP/1.1\r\nHost: a:b@evil.example:99999\r\n${CLOSE}\r\n`,
  "Host with bytes": `GET ${AUTHORIZE} HTTP/1.1\r\nHost: \x80\xff\r\n${CLOSE}\r\n`,
  "no Host": `GET ${AUTHORIZE} HTTP/1.1\r\n${CLOSE}\r\n`,
  "empty Host": `GET ${AUTHORIZE} HTTP/1.1\r\nHost:\r\n${CLOSE}\r\n`,
  "two Hosts": `GET ${AUTHORIZE} HTTP/1.1\r\nHost: a\r\nHost: b\r\n${CLOSE}\r\n`,
  "HTTP/1.0": `GET ${AUTHORIZE} HTTP/1.0\r\n\r\n`,
  "absolute form":
    `GET http://evil.example${AUTHORIZE} HTTP/1.1\r\nHost: evil.example\r\n${CLOSE}\r\n`,
  "asterisk form": `OPTIONS * HTTP/1.1\r\nHost: a\r\n${CLOSE}\r\n`,
  "CONNECT": `CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n${CLOSE}\r\n`,
  "TRACE": `TRACE /connect/token HTTP/1.1\r\nHost: a\r\nCookie: secret\r\n${CLOSE}\r\n`,
  "long query": `GET ${AUTHORIZE}&state=${"a".repeat(100_000)} HTTP/1.1\r\nHost: a\r\n${CLOSE}\r\n`,
  "long header": `GET ${AUTHORIZE} HTTP/1.1\r\nHost: a\r\nCookie: a=${"b".repeat(100_000)}\r\n\r\n`,
  "many headers": `GET ${AUTHORIZE} HTTP/1.1\r\nHost: a\r\n${"Cookie: a=b\r\n".repeat(1000)}\r\n`,
  "header bytes":
    `GET ${AUTHORIZE} HTTP/1.1\r\nHost: a\r\nCookie: \x80\xff\r\nAccept-Language: \xff\r\n${CLOSE}\r\n`,
  "NUL in a header": `GET ${AUTHORIZE} HTTP/1.1\r\nHost: a\r\nCookie: a\0b\r\n${CLOSE}\r\n`,
  "NUL in the path": `GET /connect\0/token HTTP/1.1\r\nHost: a\r\n${CLOSE}\r\n`,
  "dots in the path": `GET /assets/..%2f..%2fetc/passwd HTTP/1.1\r\nHost: a\r\n${CLOSE}\r\n`,
  "percent in the path": `GET /assets/%zz%ff HTTP/1.1\r\nHost: a\r\n${CLOSE}\r\n`,
  "two lengths":
    `POST /connect/token HTTP/1.1\r\nHost: a\r\n${FORM}Content-Length: 3\r\nContent-Length: 5\r\n${CLOSE}\r\na=b&c`,
  "length and chunks":
    `POST /connect/token HTTP/1.1\r\nHost: a\r\n${FORM}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n${CLOSE}\r\n0\r\n\r\n`,
  "negative length":
    `POST /connect/token HTTP/1.1\r\nHost: a\r\n${FORM}Content-Length: -1\r\n${CLOSE}\r\n`,
  "length without end":
    `POST /connect/token HTTP/1.1\r\nHost: a\r\n${FORM}Content-Length: 99999999999\r\n${CLOSE}\r\na=b`,
  "bad chunks":
    `POST /connect/token HTTP/1.1\r\nHost: a\r\n${FORM}Transfer-Encoding: chunked\r\n${CLOSE}\r\nzz\r\na=b\r\n0\r\n\r\n`,
  "long chunks":
    `POST /connect/token HTTP/1.1\r\nHost: a\r\n${FORM}Transfer-Encoding: chunked\r\n${CLOSE}\r\n${
      `400\r\n${"a".repeat(1024)}\r\n`.repeat(100)
    }0\r\n\r\n`,
  "gzip":
    `POST /connect/token HTTP/1.1\r\nHost: a\r\n${FORM}Content-Encoding: gzip\r\nContent-Length: 4\r\n${CLOSE}\r\n\x1f\x8b\x08\0`,
  "no HTTP": "\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03\r\n\r\n",
};

Deno.test("RFC 9112: broken HTTP is refused, never a 5xx, and only we are redirected to", async () => {
  await using server = await listeningServer({ store: memoryStore() });
  for (const [what, text] of Object.entries(BROKEN)) {
    const answer = await raw(server, text);
    const status = /^HTTP\/1\.[01] (\d{3})/.exec(answer)?.[1];
    assert.ok(status === undefined || Number(status) < 500, `${what}: ${answer.slice(0, 300)}`);
    assert.ok(!/<script>alert|secret/.test(answer), what);
    const location = /^location: (.*)\r$/im.exec(answer)?.[1];
    assert.ok(
      location === undefined || location.startsWith(`${server.issuer}/`) ||
        location.startsWith(`${CALLBACK}?`),
      `${what}: ${location}`,
    );
  }
  assert.deepEqual(server.env.events.filter(({ level }) => level === "error"), []);
});

Deno.test("RFC 9112 §8: a client that goes away in the middle of its body is no failure of ours", async () => {
  await using server = await listeningServer({ store: memoryStore() });
  const { hostname, port } = new URL(server.issuer);
  for (const framing of ["Content-Length: 1000", "Transfer-Encoding: chunked"]) {
    const connection = await Deno.connect({ hostname, port: Number(port) });
    const head = `POST /connect/token HTTP/1.1\r\nHost: a\r\n${FORM}${framing}\r\n\r\n`;
    const part = framing.startsWith("C") ? "grant_type=" : "5\r\ngrant\r\n";
    await connection.write(new TextEncoder().encode(head + part));
    await connection.closeWrite();
    await connection.read(new Uint8Array(1024)).catch(() => null);
    connection.close();
  }
  assert.equal((await server.fetch("/livez").then((r) => r.json())).status, "ok");
  assert.deepEqual(server.env.events.filter(({ level }) => level === "error"), []);
});
