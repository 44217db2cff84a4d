/** Is what may be used once ever used twice? Several processes on one store redeem the same codes, device codes and refresh tokens: `deno run --allow-all scripts/contest.ts [redemptions] [processes]`. */

import assert from "node:assert/strict";
import { base64url, sha256 } from "../src/lib/bytes.ts";
import { type Client, DEVICE_CODE } from "../src/oauth/client.ts";
import type { Server } from "../src/server.ts";
import type { Authorization } from "../src/store/records.ts";
import type { Write } from "../src/store/store.ts";
import { approveDevice, beginDevice, findDevice } from "../src/tokens/device_authorization.ts";
import { readHandle } from "../src/tokens/handle.ts";
import { newGrant } from "../src/tokens/new_grant.ts";
import { firstRefreshToken } from "../src/tokens/refresh_chain.ts";
import { someRequest, someSession } from "../tests/support/some_records.ts";
import { count, isClean, newScore, type Score } from "./contest_score.ts";
import {
  type Attempt,
  CALLBACK,
  type Form,
  linesOf,
  openServer,
  redemption,
  type Round,
  VERIFIER,
} from "./contest_worker.ts";

/** How many handles are fought for at once, and how often each process tries each. */
const AT_ONCE = 50;
const TRIES = 2;

/** Of so many winners it is looked at what has become of their tokens. */
const SAMPLE = 200;

const SCOPE = ["openid", "offline_access"];

/** What is fought for, by which client, and how many may get it. */
interface Contest {
  readonly name: string;
  readonly kind: Round["kind"];
  readonly client_id: "strict" | "lenient";
}

const CONTESTS: readonly Contest[] = [
  { name: "codes", kind: "code", client_id: "strict" },
  { name: "device codes", kind: "device_code", client_id: "strict" },
  { name: "refresh tokens", kind: "refresh_token", client_id: "strict" },
  { name: "refresh tokens with grace", kind: "refresh_token", client_id: "lenient" },
];

/** Many new handles of a kind. */
function newHandles(
  server: Server,
  client: Client,
  kind: Round["kind"],
  many: number,
): Promise<string[]> {
  return kind === "device_code"
    ? Promise.all(Array.from({ length: many }, () => newDeviceCode(server, client)))
    : newGrants(server, client, kind, many);
}

/** The code of a device that somebody has allowed in. */
async function newDeviceCode(server: Server, client: Client): Promise<string> {
  const asked = { scope: SCOPE, resource: [] };
  const { device_code, user_code } = await beginDevice(server, client, asked, "127.0.0.1");
  const device = await findDevice(server, user_code);
  assert.ok(device !== undefined);
  const login = { ...sessionAt(server.env.now()), acr: undefined };
  assert.ok(await approveDevice(server, device, login, { checks: [], writes: [] }));
  return device_code;
}

/** Many new codes or refresh tokens, stored in one commit. */
async function newGrants(
  server: Server,
  client: Client,
  kind: "code" | "refresh_token",
  many: number,
): Promise<string[]> {
  const writes: Write[] = [];
  const handles = Array.from({ length: many }, () => {
    const now = server.env.now();
    const { authorization, code } = newGrant(server, client, REQUEST, {
      ...sessionAt(now),
      acr: undefined,
    });
    const { grant_id } = authorization;
    const write = (record: Authorization) =>
      writes.push(...server.records.authorization.write(grant_id, record));
    assert.ok(code !== undefined);
    if (kind === "code") {
      write(authorization);
      return code;
    }
    const presented = readHandle("code", code);
    assert.ok(presented !== undefined);
    const first = firstRefreshToken(server, client, presented.seed, SCOPE);
    assert.ok(first !== undefined);
    const redeemed = { code: undefined, refresh_token: first.chain, expires_at: now + 86_400 };
    write({ ...authorization, ...redeemed });
    return first.token;
  });
  await server.store.commit({ writes });
  return handles;
}

const REQUEST = someRequest({
  scope: SCOPE,
  redirect_uri: CALLBACK,
  code_challenge: base64url(sha256(VERIFIER)),
});

function sessionAt(now: number) {
  return someSession({
    sid: "contest",
    sub: "somebody",
    auth_time: now,
    created_at: now,
    seen_at: now,
    absolute_expires_at: now + 86_400,
    expires_at: now + 86_400,
  });
}

/** A process that takes part. */
interface Worker {
  send(round: Round): Promise<readonly (readonly Attempt[])[]>;
  stop(): Promise<void>;
}

async function startWorker(config_path: string): Promise<Worker> {
  const script = new URL("contest_worker.ts", import.meta.url).pathname;
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", "--quiet", script, config_path],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const lines = linesOf(process.stdout);
  const input = process.stdin.getWriter();
  assert.equal((await lines.next()).value, "ready");
  return {
    async send(round) {
      await input.write(new TextEncoder().encode(`${JSON.stringify(round)}\n`));
      return JSON.parse((await lines.next()).value ?? "null");
    },
    async stop() {
      await input.close();
      await lines.return(undefined);
      await process.status;
    },
  };
}

/** A winner, and what it won. */
interface Won {
  readonly handle: string;
  readonly attempt: Attempt;
}

/**
 * How many of these winners' tokens are not as they must be: dead, for somebody else has come with the same; with grace,
 * and those of devices, alive.
 */
async function wronglyAlive(
  send: (path: string, form: Form) => Promise<Response>,
  { client_id, kind }: Contest,
  winners: readonly Won[],
): Promise<number> {
  const status = async (path: string, form: Form) => {
    const response = await send(path, form);
    await response.body?.cancel();
    return response.status;
  };
  const states = (attempt: Attempt) =>
    Promise.all([
      status("/connect/userinfo", { authorization: `Bearer ${attempt.access_token}` }),
      status(
        "/connect/token",
        redemption(client_id, "refresh_token", attempt.refresh_token ?? ""),
      ),
    ]);
  let wrong = 0;
  for (const { handle, attempt } of winners) {
    if (client_id === "lenient" || kind === "device_code") {
      if ((await states(attempt)).join() !== "200,200") wrong++;
      if (kind === "device_code") continue;
      // Two generations old by now: that is forgiven nobody, and ends the grant.
      await status("/connect/token", redemption(client_id, kind, handle));
    }
    if ((await states(attempt)).join() !== "401,400") wrong++;
  }
  return wrong;
}

async function main(redemptions: number, processes: number): Promise<boolean> {
  const folder = await Deno.makeTempDir({ prefix: "latchkey-contest-" });
  const config_path = `${folder}/latchkey.yaml`;
  await Deno.writeTextFile(config_path, JSON.stringify(configAt(`${folder}/latchkey.kv`)));
  const { server, send } = await openServer(config_path);
  const workers = await Promise.all(
    Array.from({ length: processes }, () => startWorker(config_path)),
  );
  let clean = true;
  try {
    for (const contest of CONTESTS) {
      const began = performance.now();
      const [score, winners] = await fight(server, workers, contest, redemptions);
      const seconds = (performance.now() - began) / 1000;
      const every = Math.ceil(winners.length / SAMPLE);
      const sample = winners.filter((_, n) => n % every === 0);
      const wrong = await wronglyAlive(send, contest, sample);
      clean &&= isClean(score) && wrong === 0;
      console.log(`${contest.name}: ${processes} processes, ${seconds.toFixed(1)} s`);
      const rows = { ...score, "winners looked at": sample.length, "wrongly alive or dead": wrong };
      for (const [name, value] of Object.entries(rows)) {
        console.log(`  ${name.padEnd(24)} ${String(value).padStart(8)}`);
      }
    }
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()));
    server.store.close();
    await Deno.remove(folder, { recursive: true });
  }
  console.log(clean ? "clean" : "NOT CLEAN");
  return clean;
}

async function fight(
  server: Server,
  workers: readonly Worker[],
  { client_id, kind }: Contest,
  redemptions: number,
): Promise<[Score, Won[]]> {
  const client = await server.clients.find(client_id);
  assert.ok(client !== undefined);
  const score = newScore();
  const winners: Won[] = [];
  while (score.redemptions < redemptions) {
    const left = Math.ceil((redemptions - score.redemptions) / (workers.length * TRIES));
    const handles = await newHandles(server, client, kind, Math.min(AT_ONCE, left));
    const round = { client_id, kind, handles, tries: TRIES, at: Date.now() + 5 };
    const answers = await Promise.all(workers.map((worker) => worker.send(round)));
    for (const [n, handle] of handles.entries()) {
      const attempts = answers.map((answer) => answer[n] ?? []);
      count(score, attempts, client_id === "lenient");
      const attempt = attempts.flat().find(({ status }) => status === 200);
      if (attempt !== undefined) winners.push({ handle, attempt });
    }
  }
  return [score, winners];
}

function configAt(url: string) {
  const client = {
    client_id: "strict",
    token_endpoint_auth_method: "none",
    redirect_uris: [CALLBACK],
    grant_types: ["authorization_code", "refresh_token", DEVICE_CODE],
    scope: SCOPE.join(" "),
    require_consent: false,
    access_token_format: "reference",
    id_token_signed_response_alg: "EdDSA",
  };
  return {
    issuer: "http://127.0.0.1:9000",
    store: { url },
    keys: { managed: { algorithms: ["EdDSA"] } },
    tokens: { access_token_signed_response_alg: "EdDSA" },
    clients: [client, { ...client, client_id: "lenient", refresh_token_grace: "10m" }],
    users: [{ sub: "somebody", username: "somebody" }],
  };
}

if (import.meta.main) {
  const [redemptions = "100000", processes = "2"] = Deno.args;
  Deno.exit(await main(Number(redemptions), Number(processes)) ? 0 : 1);
}
