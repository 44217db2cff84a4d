/** Whether `serve` starts and reloads as a real process, and says why where it can't. */

import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { makeCertificate, openssl, opensslNote } from "../support/certificate.ts";
import { RAW_CONFIG, type RawConfig, SECRETS } from "../support/config.ts";
import { authorizeUrl } from "../support/flow.ts";
import { basic, post } from "../support/hostile.ts";
import {
  configure,
  freePort,
  listens,
  type ServerProcess,
  startServer,
  temporaryFolder,
  until,
} from "../support/process.ts";

async function machineToken(issuer: string, client_id = "machine", secret?: string) {
  return await fetch(
    `${issuer}/connect/token`,
    post("grant_type=client_credentials", basic(client_id, secret ?? SECRETS.machine)),
  ).then(async (response) => ({ status: response.status, body: await response.json() }));
}

Deno.test("serve: says on one line of stdout that it is ready, and is", async () => {
  await using folder = await temporaryFolder();
  const { config, issuer } = await configure(folder.path, freePort());
  await using server = startServer(folder.path, { args: ["--config", config] });
  const line = await server.ready;
  const discovery = `${issuer}/.well-known/openid-configuration`;
  assert.ok(line.includes(issuer) && line.includes(discovery), line);
  assert.equal((await (await fetch(discovery)).json()).issuer, issuer);
  assert.equal((await (await fetch(`${issuer}/readyz`)).json()).status, "ok");
  server.signal("SIGTERM");
  assert.deepEqual((await server.ended).code, 0);
  assert.equal(server.stdout(), `${line}\n`);
});

Deno.test("serve: SIGHUP takes over a new configuration; a broken one is reported with its place, and the old one stays", async () => {
  await using folder = await temporaryFolder();
  const port = freePort();
  const { config, issuer } = await configure(folder.path, port);
  await using server = startServer(folder.path, { args: ["--config", config] });
  await server.ready;
  const secret = "robot-secret-0123456789abcdef";
  assert.equal((await machineToken(issuer, "robot", secret)).status, 401);

  const robot = {
    client_id: "robot",
    client_secrets: [{ value: secret }],
    grant_types: ["client_credentials"],
    scope: "invoices.read",
  };
  const clients = [...RAW_CONFIG["clients"] as RawConfig[], robot];
  await configure(folder.path, port, { clients });
  server.signal("SIGHUP");
  await server.logged("config.reloaded");
  assert.equal((await machineToken(issuer, "robot", secret)).status, 200);

  await Deno.writeTextFile(
    config,
    `issuer: ${issuer}\nclients:\n  - client_id: web\n    scoop: openid\n`,
  );
  server.signal("SIGHUP");
  const { problems } = JSON.parse(await server.logged("config.reload_failed"));
  const place = `${config}:4:5: `;
  assert.ok(problems.some((one: string) => one.startsWith(place)), String(problems));
  assert.equal((await machineToken(issuer, "robot", secret)).status, 200);

  // what needs a restart is said, and stays as it was
  await configure(folder.path, port, {
    issuer: "http://127.0.0.1:1",
    listen: { port: 1 },
    shutdown_grace: "1s",
  });
  server.signal("SIGHUP");
  const { members } = JSON.parse(await server.logged("config.restart_needed"));
  assert.deepEqual(members, ["issuer", "listen", "shutdown_grace"]);
  // the reload follows the warning: the client that is gone is unknown once it is through
  await until(async () => (await machineToken(issuer, "robot", secret)).status === 401);
  const discovery = await fetch(`${issuer}/.well-known/openid-configuration`);
  assert.equal((await discovery.json()).issuer, issuer);
  assert.equal((await machineToken(issuer)).status, 200);
});

/** That a server does not start: exit code 1, nothing on stdout, nobody listening. Answers what stderr has for people. */
async function refusal(server: ServerProcess, port: number): Promise<readonly string[]> {
  const { code } = await server.ended;
  const lines = server.stderr();
  assert.equal(code, 1, lines.join("\n"));
  assert.equal(server.stdout(), "");
  assert.ok(!lines.some((line) => /^\s+at |Uncaught/.test(line)), lines.join("\n"));
  assert.equal(await listens(port), false);
  return lines.filter((line) => !line.startsWith("{"));
}

Deno.test("serve: a broken configuration at start is exit code 1, with every problem on stderr and nothing listening", async () => {
  await using folder = await temporaryFolder();
  const port = freePort();
  const config = join(folder.path, "latchkey.yaml");
  const text = `issuer: http://id.example.com/
listen: { port: ${port} }
clients:
  - client_id: web
    redirect_uris: ["javascript:alert(1)"]
  - client_id: spa
    grant_tpyes: [authorization_code]
`;
  await Deno.writeTextFile(config, text);
  await using server = startServer(folder.path, { args: ["--config", config] });
  const lines = await refusal(server, port);
  for (const place of ["1:9: issuer", "5:21: clients", "7:5: clients"]) {
    assert.ok(lines.some((line) => line.startsWith(`${config}:${place}`)), lines.join("\n"));
  }
});

Deno.test("serve: a port in use, a bad address and a bad certificate are exit code 1 and a line that says where", async () => {
  await using folder = await temporaryFolder();
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr;
  const bad = join(folder.path, "bad.crt");
  await Deno.writeTextFile(bad, "no certificate");
  const tls = { certificate: bad, private_key: { file: bad } };
  const cases: [RawConfig, string][] = [
    [{ port }, `127.0.0.1:${port}`],
    [{ hostname: "192.0.2.1", port }, `192.0.2.1:${port}`],
    [{ hostname: "host.invalid", port }, `host.invalid:${port}`],
    [{ port: freePort(), tls }, "certificate"],
    [{ port: freePort(), tls: { ...tls, certificate: `${bad}.not` } }, `${bad}.not`],
  ];
  const processes = await Promise.all(cases.map(async ([listen, where], index) => {
    const own = join(folder.path, String(index));
    await Deno.mkdir(own);
    const issuer = "http://127.0.0.1:9000";
    const { config } = await configure(own, port, { listen, issuer });
    return { server: startServer(folder.path, { args: ["--config", config] }), where };
  }));
  for (const { server, where } of processes) {
    await using process = server;
    const lines = await refusal(process, freePort());
    assert.equal(lines.length, 1, lines.join("\n"));
    assert.ok(lines[0]?.includes(where), `${where}: ${lines[0]}`);
  }
});

Deno.test({
  name:
    "serve: listens on a Unix socket, takes over one that a killed process left, and none that is alive",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using folder = await temporaryFolder();
    const unix = join(folder.path, "latchkey.sock");
    const { config, issuer } = await configure(folder.path, 9000, { listen: { unix } });
    const args = ["--config", config];
    using client = Deno.createHttpClient({ proxy: { transport: "unix", path: unix } });
    const ready = async () =>
      (await (await fetch(`${issuer}/readyz`, { client })).json()).status === "ok";
    {
      await using killed = startServer(folder.path, { args });
      await killed.ready;
      killed.signal("SIGKILL");
      await killed.ended;
    }
    assert.ok((await Deno.lstat(unix)).isSocket);
    await using server = startServer(folder.path, { args });
    await server.ready;
    assert.ok(await ready());
    await using second = startServer(folder.path, { args });
    const lines = await refusal(second, freePort());
    assert.deepEqual([lines.length, lines[0]?.includes(unix)], [1, true], lines.join("\n"));
    assert.ok(await ready());
  },
});

Deno.test({
  name: `serve: speaks TLS, and sets __Host- cookies then${opensslNote}`,
  ignore: !openssl,
  async fn() {
    await using folder = await temporaryFolder();
    const port = freePort();
    const { certificate } = await makeCertificate(folder.path);
    const issuer = `https://localhost:${port}`;
    const listen = { port, tls: { certificate, private_key: { file: "tls.key" } } };
    const { config } = await configure(folder.path, port, { issuer, listen });
    await using server = startServer(folder.path, { args: ["--config", config] });
    await server.ready;
    const caCerts = [await Deno.readTextFile(certificate)];
    using client = Deno.createHttpClient({ caCerts });
    const discovery = await fetch(`${issuer}/.well-known/openid-configuration`, { client });
    assert.equal((await discovery.json()).issuer, issuer);
    const response = await fetch(authorizeUrl({ issuer }), { client, redirect: "manual" });
    await response.body?.cancel();
    const [cookie = ""] = response.headers.getSetCookie();
    assert.match(
      cookie,
      /^__Host-latchkey-browser=[\w-]{102}; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
    );
  },
});

const DEMO = { args: ["--config", "config"] };

Deno.test("serve: the demo configuration is ready where the environment says", async () => {
  await using folder = await temporaryFolder();
  const port = String(freePort());
  const issuer = `http://127.0.0.1:${port}`;
  const LATCHKEY_STORE__URL = join(folder.path, "demo.kv");
  const variables = { LATCHKEY_LISTEN__PORT: port, LATCHKEY_ISSUER: issuer, LATCHKEY_STORE__URL };
  await using server = startServer(folder.path, { ...DEMO, variables });
  assert.ok((await server.ready).includes(issuer));
  assert.equal((await machineToken(issuer, "machine", "demo-machine-secret")).status, 200);
  assert.ok((await Deno.stat(LATCHKEY_STORE__URL)).isFile);
  assert.equal(((await Deno.stat(LATCHKEY_STORE__URL)).mode ?? 0) & 0o777, 0o600);
});

Deno.test("serve: the demo's secrets and passwords are refused for an issuer that is not loopback", async () => {
  await using folder = await temporaryFolder();
  const port = freePort();
  const variables = {
    LATCHKEY_LISTEN__PORT: String(port),
    LATCHKEY_ISSUER: "https://id.example.com",
    LATCHKEY_STORE__URL: join(folder.path, "demo.kv"),
  };
  await using server = startServer(folder.path, { ...DEMO, variables });
  const lines = await refusal(server, port);
  for (const what of ["20-clients.yaml", "30-users.yaml"]) {
    const named = lines.filter((line) => line.includes(what) && line.includes("demo secret"));
    assert.ok(named.length >= 2, lines.join("\n"));
  }
});

Deno.test("serve: another value of LATCHKEY_CONFIG, and an option that it doesn't know", async () => {
  await using folder = await temporaryFolder();
  const { config, issuer } = await configure(folder.path, freePort());
  await using server = startServer(folder.path, {
    variables: { LATCHKEY_CONFIG: dirname(config) },
  });
  assert.ok((await server.ready).includes(issuer));
  await using wrong = startServer(folder.path, { args: ["--conifg", config] });
  assert.equal((await wrong.ended).code, 2);
});

Deno.test({
  name: "serve: goes on after more connections than files may be open",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using folder = await temporaryFolder();
    const port = freePort();
    const { config, issuer } = await configure(folder.path, port);
    await using server = startServer(folder.path, { args: ["--config", config], files: 100 });
    await server.ready;
    const connect = () => Deno.connect({ hostname: "127.0.0.1", port });
    const connections = await Promise.allSettled(Array.from({ length: 150 }, connect));
    await server.logged("listener.failed");
    for (const { value } of connections.filter((one) => one.status === "fulfilled")) value.close();
    await until(() => listens(port));
    assert.equal((await machineToken(issuer)).status, 200);
    server.signal("SIGTERM");
    assert.equal((await server.ended).code, 0);
  },
});
