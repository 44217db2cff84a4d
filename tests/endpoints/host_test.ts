/** Whether the Host header can choose anything. */

import assert from "node:assert/strict";
import { listeningServer } from "../support/server.ts";

/** The status line and body of a request with this Host, written by hand: fetch would not send it. */
async function get(issuer: string, path: string, host: string): Promise<string> {
  const { hostname, port } = new URL(issuer);
  using connection = await Deno.connect({ hostname, port: Number(port) });
  const request = `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
  await connection.write(new TextEncoder().encode(request));
  let answer = "";
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(4096);
  for (let read = await connection.read(buffer); read !== null;) {
    answer += decoder.decode(buffer.subarray(0, read), { stream: true });
    read = await connection.read(buffer);
  }
  return answer;
}

Deno.test("RFC 9112 §3.2: a Host that is no host is 400, so that it chooses no route", async () => {
  await using server = await listeningServer();
  const hosts = [
    "127.0.0.1/connect/authorize?client_id=web&state=",
    "x/readyz?",
    "a b",
    "user@host",
    "host#",
    "[::1",
    "host:port",
    "h\\x",
  ];
  for (const host of hosts) {
    const answer = await get(server.issuer, "/livez", host);
    assert.match(answer, /^HTTP\/1\.1 400 /, host);
    assert.doesNotMatch(answer, /checks|Location/i, host);
  }
});

Deno.test("RFC 9110 §7.2: whatever host is named, the issuer is the configured one", async () => {
  await using server = await listeningServer();
  for (const host of ["evil.example", "evil.example:8443", "[2001:db8::1]:80", "127.0.0.1"]) {
    const answer = await get(server.issuer, "/.well-known/openid-configuration", host);
    assert.match(answer, /^HTTP\/1\.1 200 /, host);
    assert.ok(answer.includes(`"issuer":"${server.issuer}"`), host);
    assert.doesNotMatch(answer, /evil|2001/);
  }
});
