/** Whether `healthcheck` finds the server and tells ready from not ready. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { targetOf } from "../../src/cli/healthcheck.ts";
import { run } from "../support/cli.ts";

/** A server that answers `/readyz` with a status, and what it was asked. */
function readyz(status: number, at: Deno.ServeTcpOptions | Deno.ServeUnixOptions) {
  const asked: string[] = [];
  const server = Deno.serve({ ...at, onListen: () => {} } as Deno.ServeTcpOptions, (request) => {
    asked.push(new URL(request.url).pathname);
    return new Response(status === 204 ? null : "…", { status });
  });
  return { asked, server };
}

const LOCAL = { hostname: "127.0.0.1", port: 0 };

async function withConfig(text: string, test: (path: string) => Promise<void>): Promise<void> {
  const path = await Deno.makeTempFile({ suffix: ".yaml" });
  try {
    await Deno.writeTextFile(path, text);
    await test(path);
  } finally {
    await Deno.remove(path);
  }
}

Deno.test("healthcheck: 0 where the server is ready, 1 where it is not", async () => {
  for (const [status, code] of [[200, 0], [503, 1], [302, 1], [204, 1]] as const) {
    const { asked, server } = readyz(status, LOCAL);
    const { port } = server.addr as Deno.NetAddr;
    try {
      const url = `http://127.0.0.1:${port}`;
      const ran = await run(["healthcheck", "--url", url], { fetch });
      assert.equal(ran.code, code);
      assert.equal(ran.stdout, code === 0 ? "ok\n" : "");
      if (code === 1) assert.match(ran.stderr, new RegExp(`${url}/readyz answers ${status}`));
      assert.deepEqual(asked, ["/readyz"]);
    } finally {
      await server.shutdown();
    }
  }
});

Deno.test("healthcheck: the configuration says where the server listens", async () => {
  const { asked, server } = readyz(200, LOCAL);
  const { port } = server.addr as Deno.NetAddr;
  try {
    const text = `issuer: https://id.example.com\nlisten: {hostname: 0.0.0.0, port: ${port}}\n`;
    await withConfig(text, async (path) => {
      const ran = await run(["healthcheck", "--config", path], { fetch });
      assert.deepEqual(ran, { code: 0, stdout: "ok\n", stderr: "" });
    });
    assert.deepEqual(asked, ["/readyz"]);
  } finally {
    await server.shutdown();
  }
});

Deno.test({
  name: "healthcheck: a Unix socket is asked too",
  ignore: Deno.build.os === "windows",
  async fn() {
    const folder = await Deno.makeTempDir();
    const socket = join(folder, "latchkey.sock");
    const { asked, server } = readyz(200, { path: socket });
    try {
      const text = `issuer: https://id.example.com\nlisten: {unix: ${socket}}\n`;
      await withConfig(text, async (path) => {
        assert.equal((await run(["healthcheck", "--config", path], { fetch })).code, 0);
      });
      assert.deepEqual(asked, ["/readyz"]);
    } finally {
      await server.shutdown();
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test("healthcheck: 1 where nobody listens or the configuration is broken", async () => {
  const listener = Deno.listen(LOCAL);
  const { port } = listener.addr;
  listener.close();
  const away = await run(["healthcheck", "--url", `http://127.0.0.1:${port}/readyz`], { fetch });
  assert.deepEqual([away.code, away.stdout], [1, ""]);
  assert.match(away.stderr, /^latchkey healthcheck: .*refused/);
  await withConfig("issuer: 5\n", async (path) => {
    const broken = await run(["healthcheck", "--config", path]);
    assert.deepEqual([broken.code, broken.stdout], [1, ""]);
    assert.ok(broken.stderr.startsWith(`${path}:1:`), broken.stderr);
  });
});

Deno.test("healthcheck: a URL that is none, and a port that nobody knows, are wrong usage", async () => {
  for (const url of ["127.0.0.1:9000", "/readyz", "file:///etc/passwd"]) {
    const { code, stderr } = await run(["healthcheck", "--url", url]);
    assert.equal(code, 2);
    assert.match(stderr, /--url needs an absolute http or https URL/);
  }
  await withConfig("issuer: http://127.0.0.1:9000\nlisten: {port: 0}\n", async (path) => {
    assert.equal((await run(["healthcheck", "--config", path])).code, 2);
  });
});

Deno.test("healthcheck: TLS is asked by the issuer's name at the listener's address", () => {
  const issuer = "https://id.example.com/tenant";
  const tls = { certificate: "tls.crt", private_key: "" };
  const listen = { hostname: "::", port: 9443, unix: undefined, tls };
  assert.deepEqual(targetOf({ issuer, listen }), {
    url: "https://id.example.com/readyz",
    proxy: { transport: "tcp", hostname: "::1", port: 9443 },
  });
});
