/** Whether the server asks only whom it may, not for long and not for much. */

import assert from "node:assert/strict";
import { callOut, type OutboundRequest } from "../../src/lib/outbound.ts";
import { OutboundError, type OutboundReason } from "../../src/lib/outbound_error.ts";
import { testEnv } from "../support/env.ts";

const OUTSIDE = "https://rp.example.com/keys";

interface World {
  readonly issuer?: string;
  readonly private_addresses?: boolean;
  readonly addresses?: readonly string[];
  readonly fetch?: typeof globalThis.fetch;
  readonly resolve?: (hostname: string) => Promise<readonly string[]>;
}

/** What is asked of others, and what the network heard of it. */
function world({ issuer = "https://id.example.com", private_addresses = false, ...more }: World) {
  const asked: Request[] = [];
  const resolved: string[] = [];
  const env = testEnv(
    undefined,
    more.fetch ?? ((input, init) => {
      asked.push(new Request(input, init));
      return Promise.resolve(new Response("{}", { headers: { "Content-Type": "Text/JSON; x=y" } }));
    }),
  );
  const resolve = more.resolve ?? ((hostname: string) => {
    resolved.push(hostname);
    return Promise.resolve(more.addresses ?? ["93.184.215.14"]);
  });
  const config = { issuer, security: { outbound: { private_addresses } } };
  return { server: { env: { ...env, resolve }, config }, asked, resolved };
}

async function refused(
  reason: OutboundReason,
  options: World,
  request: Partial<OutboundRequest> = {},
) {
  const { server, asked } = world(options);
  await assert.rejects(
    callOut(server, { url: OUTSIDE, limit: 100, ...request }),
    (error) => error instanceof OutboundError && error.reason === reason,
    `${request.url ?? options.addresses} is ${reason}`,
  );
  return asked.length;
}

Deno.test("callOut: GET asks for what is wanted, uncompressed, and answers status, type and body", async () => {
  const { server, asked, resolved } = world({});
  const answer = await callOut(server, { url: `${OUTSIDE}#part`, accept: "text/json", limit: 2 });
  assert.deepEqual([answer.status, answer.type], [200, "text/json"]);
  assert.equal(new TextDecoder().decode(answer.body), "{}");
  assert.deepEqual(resolved, ["rp.example.com"]);
  const [request] = asked;
  assert.deepEqual([request?.method, request?.url], ["GET", OUTSIDE]);
  assert.equal(request?.headers.get("Accept"), "text/json");
  assert.equal(request?.headers.get("Accept-Encoding"), "identity");
  assert.equal(request?.redirect, "manual");
});

Deno.test("callOut: POST sends a form; with a limit of 0 the status alone counts", async () => {
  const { server, asked } = world({});
  const form = { logout_token: "a.b+c&d" };
  const answer = await callOut(server, { url: OUTSIDE, form, limit: 0 });
  assert.deepEqual([answer.status, answer.body.length], [200, 0]);
  assert.equal(asked[0]?.method, "POST");
  assert.match(
    asked[0]?.headers.get("Content-Type") ?? "",
    /^application\/x-www-form-urlencoded\b/,
  );
  assert.equal(await asked[0]?.text(), "logout_token=a.b%2Bc%26d");
});

Deno.test("callOut: what is no https URL, or has a user name, is not asked", async () => {
  for (
    const url of [
      "http://rp.example.com/",
      "http://127.0.0.1/",
      "ftp://rp.example.com/",
      "file:///etc/passwd",
      "data:text/plain,x",
      "//rp.example.com",
      "rp.example.com",
      "",
      "https://user@rp.example.com/",
      "https://:pass@rp.example.com/",
    ]
  ) assert.equal(await refused("url", {}, { url }), 0);
});

Deno.test("callOut: http is spoken to loopback alone, and only where the issuer is http, so on loopback", async () => {
  const issuer = "http://localhost:9000";
  for (const url of ["http://127.0.0.1:1/", "http://[::1]/", "http://127.1/"]) {
    await callOut(world({ issuer }).server, { url, limit: 9 });
    assert.equal(await refused("url", {}, { url }), 0);
    assert.equal(
      await refused("url", { issuer: "https://127.0.0.1", private_addresses: true }, { url }),
      0,
    );
  }
  const url = "http://rp.example.com/";
  await callOut(world({ issuer, addresses: ["127.0.0.1", "::1"] }).server, { url, limit: 9 });
  for (const addresses of [["93.184.215.14"], ["127.0.0.1", "93.184.215.14"], ["10.0.0.1"]]) {
    assert.equal(await refused("address", { issuer, addresses }, { url }), 0);
    assert.equal(
      await refused("address", { issuer, addresses, private_addresses: true }, { url }),
      0,
    );
  }
});

Deno.test("callOut: a host that leads inside by any of its addresses is not asked (SSRF)", async () => {
  for (
    const addresses of [
      ["127.0.0.1"],
      ["::1"],
      ["10.0.0.1"],
      ["93.184.215.14", "192.168.0.1"],
      ["169.254.169.254"],
      ["::ffff:10.0.0.1"],
      ["fd00::1"],
      ["0.0.0.0"],
      ["no address"],
    ]
  ) assert.equal(await refused("address", { addresses }), 0);
  for (
    const url of [
      "https://127.0.0.1/",
      "https://2130706433/",
      "https://0x7f.1/",
      "https://[::1]/",
      "https://[::ffff:7f00:1]/",
      "https://10.0.0.1/",
      "https://169.254.169.254/latest/meta-data",
      "https://0/",
    ]
  ) assert.equal(await refused("address", {}, { url }), 0);
});

Deno.test("callOut: private_addresses opens private networks and loopback, never the addresses of nobody", async () => {
  const private_addresses = true;
  for (const address of ["10.0.0.1", "127.0.0.1", "fd00::1", "93.184.215.14"]) {
    await callOut(world({ private_addresses, addresses: [address] }).server, {
      url: OUTSIDE,
      limit: 9,
    });
  }
  for (const address of ["169.254.169.254", "0.0.0.0", "fe80::1", "224.0.0.1"]) {
    assert.equal(await refused("address", { private_addresses, addresses: [address] }), 0);
  }
});

Deno.test("callOut: an issuer on loopback asks loopback, but no private network", async () => {
  for (const issuer of ["https://localhost:9000", "https://127.0.0.1", "https://[::1]:1"]) {
    await callOut(world({ issuer, addresses: ["127.0.0.1"] }).server, { url: OUTSIDE, limit: 9 });
    await refused("address", { issuer, addresses: ["10.0.0.1"] });
  }
});

Deno.test("callOut: a host without addresses is unresolved, also where the look-up fails", async () => {
  assert.equal(await refused("unresolved", { addresses: [] }), 0);
  await refused("unresolved", { resolve: () => Promise.reject(new Error("ENOTFOUND")) });
});

Deno.test("callOut: a redirect is a failure, whatever it leads to", async () => {
  for (const status of [301, 302, 303, 307, 308]) {
    const headers = { Location: "https://rp.example.com/other" };
    await refused("redirect", {
      fetch: () => Promise.resolve(new Response(null, { status, headers })),
    });
  }
});

Deno.test("callOut: every other status is an answer", async () => {
  for (const status of [200, 204, 400, 404, 500, 503]) {
    const fetch = () => Promise.resolve(new Response(null, { status }));
    const answer = await callOut(world({ fetch }).server, { url: OUTSIDE, limit: 9 });
    assert.equal(answer.status, status);
  }
});

Deno.test("callOut: a body beyond the limit is given up at once, whatever length was told", async () => {
  let pulled = 0;
  let cancelled = false;
  const fetch = () =>
    Promise.resolve(
      new Response(
        new ReadableStream({
          pull(controller) {
            pulled++;
            controller.enqueue(new Uint8Array(50));
          },
          cancel() {
            cancelled = true;
          },
        }),
        { headers: { "Content-Length": "10" } },
      ),
    );
  await refused("too_large", { fetch });
  assert.ok(pulled <= 5, `${pulled} parts`);
  assert.ok(cancelled);
  const whole = () => Promise.resolve(new Response("x".repeat(100)));
  const answer = await callOut(world({ fetch: whole }).server, { url: OUTSIDE, limit: 100 });
  assert.equal(answer.body.length, 100);
});

Deno.test("callOut: a compressed body is refused", async () => {
  const headers = { "Content-Encoding": "gzip" };
  await refused("encoding", { fetch: () => Promise.resolve(new Response("x", { headers })) });
});

Deno.test("callOut: whoever is not there, or breaks off, is unreachable", async () => {
  await refused("unreachable", { fetch: () => Promise.reject(new TypeError("refused")) });
  const broken = () =>
    Promise.resolve(
      new Response(new ReadableStream({ pull: (controller) => controller.error(new Error("x")) })),
    );
  await refused("unreachable", { fetch: broken });
});

Deno.test("callOut: the deadline counts for look-up, answer and body, also where nothing listens to it", async () => {
  const never = () => new Promise<never>(() => {});
  await refused("timeout", { resolve: never }, { deadline: 20 });
  await refused("timeout", { fetch: never }, { deadline: 20 });
  const endless = (_: unknown, init?: RequestInit) =>
    Promise.resolve(
      new Response(
        new ReadableStream({
          start(controller) {
            init?.signal?.addEventListener("abort", () => controller.error(new Error("aborted")));
          },
        }),
      ),
    );
  await refused("timeout", { fetch: endless }, { deadline: 20 });
});

Deno.test("callOut: with the real network, a slow server is broken off, a bomb not unpacked, a name looked up", async () => {
  const gone = Promise.withResolvers<void>();
  const zeros = new Blob([new Uint8Array(5_000_000)]).stream();
  const bomb = await new Response(zeros.pipeThrough(new CompressionStream("gzip"))).bytes();
  await using rp = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/bomb") {
      return new Response(bomb, { headers: { "Content-Encoding": "gzip" } });
    }
    if (pathname === "/redirect") return Response.redirect("http://127.0.0.1:1/");
    if (pathname !== "/slow") return Response.json({ host: request.headers.get("Host") });
    request.signal.addEventListener("abort", () => gone.resolve());
    return new Response(new ReadableStream());
  });
  const issuer = "http://127.0.0.1:9000";
  const { server } = world({ issuer, fetch: globalThis.fetch });
  const { resolve } = await import("../../src/lib/env.ts").then(({ systemEnv }) =>
    systemEnv(console)
  );
  const real = { ...server, env: { ...server.env, resolve } };
  const base = `http://localhost:${rp.addr.port}`;
  // Long enough for a busy machine.
  const ask = (path: string, deadline = 30_000) =>
    callOut(real, { url: base + path, limit: 1000, deadline });
  assert.equal((await ask("/")).type, "application/json");
  await assert.rejects(ask("/bomb"), { reason: /too_large|encoding/ });
  await assert.rejects(ask("/redirect"), { reason: "redirect" });
  await assert.rejects(ask("/slow", 500), { reason: "timeout" });
  await gone.promise;
});
