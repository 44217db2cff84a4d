/**
 * How fast the hot paths are: starts the real program on a KV file and asks it over HTTP. `deno task bench [seconds]`.
 * `deno task bench [seconds] alone` starts it with a store that shares neither commits nor reads, for comparison.
 */

import { sha256Hex } from "../src/lib/bytes.ts";
import { DEVICE_CODE } from "../src/oauth/client.ts";
import { type Agent, agent, logIn } from "../tests/support/agent.ts";
import { RAW_CONFIG } from "../tests/support/config.ts";
import { authorizeUrl, VERIFIER } from "../tests/support/flow.ts";

const seconds = Number(Deno.args[0] ?? 3);
const grouped = Deno.args[1] !== "alone";
const CONNECTIONS = 32;
const port = 9407;
const issuer = `http://127.0.0.1:${port}`;
const folder = await Deno.makeTempDir({ prefix: "latchkey-bench-" });
const secret = "bench-secret";
const algorithms = ["EdDSA", "ES256", "RS256"] as const;

const machine = {
  client_secrets: [{ sha256: sha256Hex(secret) }],
  grant_types: ["client_credentials"],
  scope: "api",
};
const clients = [
  ...algorithms.map((alg) => ({
    ...machine,
    client_id: alg,
    access_token_signed_response_alg: alg,
  })),
  { ...machine, client_id: "reference", access_token_format: "reference" },
  {
    client_id: "web",
    client_secrets: machine.client_secrets,
    redirect_uris: [`${issuer}/callback`],
    grant_types: ["authorization_code", DEVICE_CODE],
    require_consent: false,
    scope: "openid",
    id_token_signed_response_alg: "EdDSA",
    access_token_signed_response_alg: "EdDSA",
  },
];
await Deno.writeTextFile(
  `${folder}/latchkey.yaml`,
  JSON.stringify({
    issuer,
    listen: { port },
    store: { url: `${folder}/latchkey.kv` },
    scopes: [{ name: "api" }],
    resources: [{
      resource: "urn:api",
      scopes: ["api"],
      secrets: [{ sha256: sha256Hex(secret) }],
    }],
    clients,
    // As many as there are.
    security: { limits: { pushed_requests: 1_000_000 } },
    users: RAW_CONFIG["users"],
  }),
);

/** Starts the program; answers the process and the milliseconds until it said that it is ready. */
async function start(): Promise<{ process: Deno.ChildProcess; ready: number }> {
  const began = performance.now();
  const process = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--allow-net",
      "--allow-read",
      "--allow-write",
      "--allow-env",
      new URL(grouped ? "../main.ts" : "bench_alone.ts", import.meta.url).pathname,
      "serve",
      "--config",
      folder,
    ],
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const reader = process.stdout.getReader();
  await reader.read();
  const ready = performance.now() - began;
  reader.releaseLock();
  return { process, ready };
}

async function stop(process: Deno.ChildProcess): Promise<void> {
  process.kill("SIGTERM");
  await process.stdout.cancel();
  await process.status;
}

/** Requests a second with `CONNECTIONS` at once, after a warm-up; throws where one fails. */
async function rate(request: () => Promise<Response>): Promise<number> {
  const run = async (milliseconds: number) => {
    const end = performance.now() + milliseconds;
    let done = 0;
    const worker = async () => {
      while (performance.now() < end) {
        const response = await request();
        await response.body?.cancel();
        if (!response.ok) throw new Error(`${response.status} from ${response.url}`);
        done++;
      }
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, worker));
    return done / (milliseconds / 1000);
  };
  await run(500);
  return Math.round(await run(seconds * 1000));
}

/** Posts a form in somebody's name. */
function post(path: string, who: string, form: Record<string, string>): Promise<Response> {
  const headers = { Authorization: `Basic ${btoa(`${who}:${secret}`)}` };
  const body = new URLSearchParams(form);
  return fetch(`${issuer}/connect/${path}`, { method: "POST", body, headers });
}

function token(client_id: string): Promise<Response> {
  return post("token", client_id, { grant_type: "client_credentials" });
}

const REQUEST = authorizeUrl({ issuer }, {
  client_id: "web",
  redirect_uri: `${issuer}/callback`,
  prompt: "none",
});

/** A browser that alice has logged in with. */
async function loggedIn(): Promise<Agent> {
  const browser = agent({ issuer, fetch });
  const url = new URL(REQUEST);
  url.searchParams.delete("prompt");
  await logIn(browser, await browser.open(url), "alice");
  return browser;
}

/** An authorization request of somebody who is logged in; answers where it leads, as a success. */
async function authorize(browser: Agent, url = REQUEST): Promise<Response> {
  const response = await browser.send(url);
  await response.body?.cancel();
  const location = response.headers.get("Location") ?? "";
  return new Response(location, { status: location.includes("code=") ? 200 : 500 });
}

/** The same, pushed first (RFC 9126). */
async function pushAndAuthorize(browser: Agent): Promise<Response> {
  const pushed = await post("par", "web", Object.fromEntries(REQUEST.searchParams));
  const { request_uri } = await pushed.json();
  const url = new URL(REQUEST);
  url.search = `${new URLSearchParams({ client_id: "web", request_uri })}`;
  return await authorize(browser, url);
}

async function authorizeAndRedeem(browser: Agent): Promise<Response> {
  const url = new URL(await (await authorize(browser)).text());
  return await post("token", "web", {
    grant_type: "authorization_code",
    code: url.searchParams.get("code") ?? "",
    redirect_uri: `${issuer}/callback`,
    code_verifier: VERIFIER,
  });
}

/** Codes for a device, and a poll that has to wait (RFC 8628). */
async function askAndPoll(): Promise<Response> {
  const { device_code } = await (await post("deviceauthorization", "web", { scope: "openid" }))
    .json();
  const waits = await post("token", "web", { grant_type: DEVICE_CODE, device_code });
  const { error } = await waits.json();
  return new Response(null, { status: error === "authorization_pending" ? 204 : 500 });
}

function row(name: string, value: number, unit: string): void {
  console.log(`${name.padEnd(36)} ${String(value).padStart(8)} ${unit}`);
}

try {
  const first = await start();
  row("first start, keys made", Math.round(first.ready), "ms");
  await stop(first.process);
  const starts: number[] = [];
  for (let i = 0; i < 5; i++) {
    const { process, ready } = await start();
    starts.push(ready);
    await stop(process);
  }
  row("start to ready, median of 5", Math.round(starts.sort((a, b) => a - b)[2] ?? 0), "ms");

  const { process } = await start();
  try {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const status = await Deno.readTextFile(`/proc/${process.pid}/status`).catch(() => "");
    const resident = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0);
    row("resident memory, idle", Math.round(resident / 1024), "MiB");
    row("discovery", await rate(() => fetch(`${issuer}/.well-known/openid-configuration`)), "/s");
    row("jwks", await rate(() => fetch(`${issuer}/.well-known/openid-configuration/jwks`)), "/s");
    for (const client_id of [...algorithms, "reference"]) {
      row(`client_credentials, ${client_id}`, await rate(() => token(client_id)), "/s");
    }
    for (const client_id of ["reference", "EdDSA"]) {
      const { access_token } = await (await token(client_id)).json();
      const ask = () => post("introspect", "urn%3Aapi", { token: access_token });
      row(`introspection, ${client_id}`, await rate(ask), "/s");
    }
    const browser = await loggedIn();
    row("authorization, prompt=none", await rate(() => authorize(browser)), "/s");
    row("push and authorize, prompt=none", await rate(() => pushAndAuthorize(browser)), "/s");
    row("authorization and code, EdDSA", await rate(() => authorizeAndRedeem(browser)), "/s");
    row("device asks, and polls once", await rate(askAndPoll), "/s");
  } finally {
    await stop(process);
  }
} finally {
  await Deno.remove(folder, { recursive: true });
}
