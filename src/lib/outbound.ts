/** How the server asks others: only whom it may, not for long, not for much, and never somewhere else than it was told. */

import { isIP } from "node:net";
import { type Bytes, concatenate } from "./bytes.ts";
import type { Env } from "./env.ts";
import { networkKind } from "./network.ts";

/** What asking others needs. */
export interface OutboundServer {
  readonly env: Pick<Env, "fetch" | "resolve" | "sleep">;
  readonly config: {
    readonly issuer: string;
    readonly security: { readonly outbound: { readonly private_addresses: boolean } };
  };
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

/** Why another server has not answered, or was not asked. */
export type OutboundReason =
  /** Not https; or with a user name. */
  | "url"
  /** A host that leads to an address that may not be asked. */
  | "address"
  /** A host that no name server knows. */
  | "unresolved"
  /** No connection, or one that broke. */
  | "unreachable"
  | "timeout"
  /** RFC 9700 §4.12: what a redirect names was never registered. */
  | "redirect"
  | "too_large"
  /** A body that is compressed although we took none. */
  | "encoding";

/** Another server has not answered as it should; nothing of what it said is in here. */
export class OutboundError extends Error {
  override readonly name = "OutboundError";
  readonly reason: OutboundReason;

  /** `message` is the reason too. */
  constructor(reason: OutboundReason) {
    super(reason);
    this.reason = reason;
  }
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

function parseTarget(server: OutboundServer, text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.username !== "" || url.password !== "") {
    throw new OutboundError("url");
  }
  const http = url.protocol === "http:" && server.config.issuer.startsWith("http:");
  if (url.protocol !== "https:" && !http) throw new OutboundError("url");
  url.hash = "";
  return url;
}

async function checkAddresses(server: OutboundServer, url: URL): Promise<void> {
  const addresses = await addressesOf(server, url.hostname);
  if (addresses.length === 0) throw new OutboundError("unresolved");
  // An http issuer is on loopback, and so is whom it may speak http to.
  if (!addresses.every((address) => isAllowed(server, address, url.protocol === "http:"))) {
    throw new OutboundError("address");
  }
}

async function addressesOf(server: OutboundServer, hostname: string): Promise<readonly string[]> {
  const literal = hostname.replace(/^\[(.*)\]$/, "$1");
  if (isIP(literal) !== 0) return [literal];
  try {
    return await server.env.resolve(hostname);
  } catch {
    throw new OutboundError("unresolved");
  }
}

function isAllowed({ config }: OutboundServer, address: string, loopbackAlone: boolean): boolean {
  const kind = networkKind(address);
  if (kind === "loopback") {
    return config.security.outbound.private_addresses || isOnLoopback(config.issuer);
  }
  if (loopbackAlone) return false;
  return kind === "public" || kind === "private" && config.security.outbound.private_addresses;
}

function isOnLoopback(issuer: string): boolean {
  const { hostname } = new URL(issuer);
  return hostname === "localhost" ||
    networkKind(hostname.replace(/^\[(.*)\]$/, "$1")) === "loopback";
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
