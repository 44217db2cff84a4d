/** How the server asks others: only whom it may, not for long, not for much, and never somewhere else than it was told. */

import { type Bytes, concatenate } from "./bytes.ts";
import type { Env } from "./env.ts";
import { OutboundError } from "./outbound_error.ts";
import { checkAddresses, parseTarget, type TargetServer } from "./outbound_target.ts";

/** What asking others needs. */
export interface OutboundServer extends TargetServer {
  readonly env: TargetServer["env"] & Pick<Env, "fetch" | "sleep">;
}

/** A request to another server: a GET, or the POST of a form. */
export interface OutboundRequest {
  readonly url: string;
  /** The media types that are wanted; any. */
  readonly accept?: string;
  /** What is posted, as `application/x-www-form-urlencoded`. */
  readonly form?: Readonly<Record<string, string>>;
  /** How many milliseconds it may take to the last byte; 5,000. */
  readonly deadline?: number;
  /** How many bytes the body may have; 0: it is not read, and `body` is empty. */
  readonly limit: number;
}

/** What another server answered; never a redirect. */
export interface OutboundResponse {
  readonly status: number;
  /** The media type, in lower case and without parameters; empty where none was given. */
  readonly type: string;
  readonly body: Bytes;
}

const DEADLINE = 5000;

/**
 * Asks another server. Only https is spoken; an issuer on loopback also speaks http to loopback, where it was made to
 * try things out. Every address of the host has to be public, unless `security.outbound.private_addresses` says otherwise.
 *
 * Between this look-up and that of the connection a name may change to lead inside (DNS rebinding): the runtime can't
 * connect TLS to an address of our choice. What is reached then still has to have a certificate of that very name.
 *
 * Throws an `OutboundError`; any status that is no redirect is an answer.
 */
export async function callOut(
  server: OutboundServer,
  request: OutboundRequest,
): Promise<OutboundResponse> {
  const url = parseTarget(server, request.url);
  const over = new AbortController();
  const answered = new AbortController();
  const late = server.env.sleep(request.deadline ?? DEADLINE, answered.signal).then(() => {
    over.abort();
    throw new OutboundError("timeout");
  });
  try {
    // A look-up can't be broken off, nor need what answers listen to the signal.
    return await Promise.race([late, exchange(server, url, request, over.signal)]);
  } catch (error) {
    throw over.signal.aborted ? new OutboundError("timeout") : error;
  } finally {
    late.catch(() => {});
    answered.abort();
  }
}

async function exchange(
  server: OutboundServer,
  url: URL,
  request: OutboundRequest,
  signal: AbortSignal,
): Promise<OutboundResponse> {
  await checkAddresses(server, url);
  if (signal.aborted) throw new OutboundError("timeout");
  const response = await send(server, url, request, signal);
  try {
    if (response.status >= 300 && response.status < 400) throw new OutboundError("redirect");
    const type = response.headers.get("Content-Type")?.split(";")[0]?.trim().toLowerCase() ?? "";
    const body = request.limit === 0 ? new Uint8Array() : await readBody(response, request.limit);
    return { status: response.status, type, body };
  } finally {
    // Where nothing is left to be read, this does nothing.
    await response.body?.cancel().catch(() => {});
  }
}

async function send(
  server: OutboundServer,
  url: URL,
  { accept, form }: OutboundRequest,
  signal: AbortSignal,
): Promise<Response> {
  const headers = { Accept: accept ?? "*/*", "Accept-Encoding": "identity" };
  const posted = form === undefined ? {} : { method: "POST", body: new URLSearchParams(form) };
  try {
    return await server.env.fetch(url, { ...posted, headers, signal, redirect: "manual" });
  } catch {
    throw new OutboundError("unreachable");
  }
}

/** Reads as much as may come, and no more: a length that is told need not be true. */
async function readBody(response: Response, limit: number): Promise<Bytes> {
  const encoding = response.headers.get("Content-Encoding") ?? "identity";
  if (encoding.toLowerCase() !== "identity") throw new OutboundError("encoding");
  const parts: Uint8Array[] = [];
  let length = 0;
  const reader = response.body?.getReader();
  try {
    for (let read = await reader?.read(); read?.value; read = await reader?.read()) {
      length += read.value.length;
      if (length > limit) throw new OutboundError("too_large");
      parts.push(read.value);
    }
  } catch (error) {
    throw error instanceof OutboundError ? error : new OutboundError("unreachable");
  } finally {
    reader?.releaseLock();
  }
  return concatenate(...parts);
}
