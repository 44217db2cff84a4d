/** One process of a contest: redeems what it is told, when it is told, at a server of its own over the shared store. */

import { createApp } from "../src/app.ts";
import { loadConfig } from "../src/config/load.ts";
import { type Log, systemEnv } from "../src/lib/env.ts";
import { DEVICE_CODE } from "../src/oauth/client.ts";
import { createServer, type Server } from "../src/server.ts";
import { openKvStore } from "../src/store/kv.ts";

/** What all processes are told in the same words: a line of JSON on stdin. */
export interface Round {
  readonly client_id: string;
  readonly kind: "code" | "device_code" | "refresh_token";
  /** The codes or tokens; each of them is tried by every process. */
  readonly handles: readonly string[];
  /** How often each process tries each of them, at once. */
  readonly tries: number;
  /** When all begin, in milliseconds since 1970. */
  readonly at: number;
}

/** What came of one try. */
export interface Attempt {
  /** Of the response; 0 where there was none. */
  readonly status: number;
  readonly error: string | undefined;
  readonly access_token: string | undefined;
  readonly refresh_token: string | undefined;
  /** When it was under way, in milliseconds since 1970. */
  readonly began: number;
  readonly ended: number;
}

/** The parameters of every authorization request of a contest. */
export const CALLBACK = "http://127.0.0.1:9001/callback";
export const VERIFIER = "contest-".repeat(6);

const silent: Log = { debug() {}, info() {}, warn() {}, error() {} };

/** A whole server over the store that the configuration names. */
export async function openServer(
  config_path: string,
): Promise<{ server: Server; send: (path: string, form: Form) => Promise<Response> }> {
  const env = systemEnv(silent);
  const { config } = await loadConfig(config_path, () => undefined);
  const server = await createServer(env, config, await openKvStore(env, config.store));
  const app = createApp(server);
  return {
    server,
    async send(path, { authorization, ...form }) {
      const request = new Request(config.issuer + path, {
        method: "POST",
        body: new URLSearchParams(form),
        headers: authorization === undefined ? {} : { authorization },
      });
      return await app.fetch(request, { address: "127.0.0.1" });
    },
  };
}

/** A form, and maybe what stands in the header `Authorization`. */
export type Form = Readonly<Record<string, string>>;

/** The form that redeems a code, a device code or a refresh token. */
export function redemption(client_id: string, kind: Round["kind"], handle: string): Form {
  return { client_id, ...FORM_OF[kind](handle) };
}

const FORM_OF: Readonly<Record<Round["kind"], (handle: string) => Form>> = {
  code: (code) => ({
    grant_type: "authorization_code",
    code,
    redirect_uri: CALLBACK,
    code_verifier: VERIFIER,
  }),
  device_code: (device_code) => ({ grant_type: DEVICE_CODE, device_code }),
  refresh_token: (refresh_token) => ({ grant_type: "refresh_token", refresh_token }),
};

/** The lines of a stream. */
export async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}

async function attempt(
  send: (path: string, form: Form) => Promise<Response>,
  form: Form,
): Promise<Attempt> {
  const now = () => performance.timeOrigin + performance.now();
  const began = now();
  try {
    const response = await send("/connect/token", form);
    const { error, access_token, refresh_token } = await response.json();
    return { status: response.status, error, access_token, refresh_token, began, ended: now() };
  } catch (failure) {
    const error = String(failure);
    const none = { access_token: undefined, refresh_token: undefined };
    return { status: 0, error, ...none, began, ended: now() };
  }
}

if (import.meta.main) {
  const [config_path = ""] = Deno.args;
  const { server, send } = await openServer(config_path);
  console.log("ready");
  for await (const line of linesOf(Deno.stdin.readable)) {
    const { client_id, kind, handles, tries, at }: Round = JSON.parse(line);
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, at - Date.now())));
    const attempts = await Promise.all(handles.map((handle) => {
      const form = redemption(client_id, kind, handle);
      return Promise.all(Array.from({ length: tries }, () => attempt(send, form)));
    }));
    console.log(JSON.stringify(attempts));
  }
  server.store.close();
}
