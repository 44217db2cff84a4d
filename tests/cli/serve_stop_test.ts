/** Whether `serve` stops gracefully, and in time. */

import assert from "node:assert/strict";
import { agent, formOf } from "../support/agent.ts";
import { withUser } from "../support/config.ts";
import { authorizeUrl } from "../support/flow.ts";
import {
  configure,
  freePort,
  listens,
  startServer,
  temporaryFolder,
  until,
} from "../support/process.ts";

/** A password whose verification takes a while, whatever is typed in. */
const SLOW = `$argon2id$v=19$m=65536,t=8,p=1$c2xvd3Nsb3c$${"A".repeat(43)}`;

/** A connection on which alice's password is being verified. */
async function loginInFlight(issuer: string, port: number): Promise<Deno.Conn> {
  const browser = agent({ fetch, issuer });
  const page = await browser.open(authorizeUrl({ issuer }));
  const body = `${formOf(page).fields}&username=alice&password=alice&action=login`;
  const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await send(
    connection,
    `POST /account/login HTTP/1.1\r\nHost: a\r\nCookie: ${cookie}\r\nConnection: close\r\n` +
      `Content-Type: application/x-www-form-urlencoded\r\nContent-Length: ${body.length}\r\n` +
      `\r\n${body}`,
  );
  // what came later has been answered, so what came before is under way
  for (let asked = 0; asked < 3; asked++) await (await fetch(`${issuer}/readyz`)).body?.cancel();
  return connection;
}

async function send(connection: Deno.Conn, text: string): Promise<void> {
  await connection.write(new TextEncoder().encode(text));
}

async function receive(connection: Deno.Conn): Promise<string> {
  const buffer = new Uint8Array(16_384);
  const length = await connection.read(buffer);
  return new TextDecoder().decode(buffer.subarray(0, length ?? 0));
}

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  Deno.test(`serve: ${signal} finishes the request in flight, takes no other, and exits 0`, async () => {
    await using folder = await temporaryFolder();
    const port = freePort();
    const slow = withUser("alice", { password: { hash: SLOW } });
    const { config, issuer } = await configure(folder.path, port, slow);
    await using server = startServer(folder.path, { args: ["--config", config] });
    await server.ready;
    const connection = await loginInFlight(issuer, port);
    assert.ok(!server.stderr().some((line) => line.includes("login.failed")));
    server.signal(signal);
    await until(async () => !await listens(port));
    const response =
      (await Array.fromAsync(connection.readable.pipeThrough(new TextDecoderStream())))
        .join("");
    assert.match(response, /^HTTP\/1.1 400 [^]*role="alert"/);
    const { code, signal: by } = await server.ended;
    assert.deepEqual({ code, by }, { code: 0, by: null });
    assert.ok(server.stderr().some((line) => line.includes("login.failed")));
  });
}

Deno.test("serve: a client that never goes away holds it no longer than shutdown_grace", async () => {
  await using folder = await temporaryFolder();
  const port = freePort();
  const { config } = await configure(folder.path, port, { shutdown_grace: "1s" });
  await using server = startServer(folder.path, { args: ["--config", config] });
  await server.ready;
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await send(
    connection,
    "POST /connect/token HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n" +
      "Content-Type: application/x-www-form-urlencoded\r\nExpect: 100-continue\r\n\r\n",
  );
  assert.match(await receive(connection), /^HTTP\/1.1 100 /);
  server.signal("SIGTERM");
  assert.equal((await server.ended).code, 0);
});
