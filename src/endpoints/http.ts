/** What every endpoint needs of HTTP: forms read safely, a trace id, the caller's address. */

import type { Context } from "hono";
import type { ClientRequest } from "../clients/credentials.ts";
import { addressBlock, clientAddress, type TrustedProxies } from "../lib/address.ts";
import type { Env } from "../lib/env.ts";
import { OAuthError } from "../oauth/error.ts";
import { type Parameters, readParameters } from "../oauth/parameters.ts";

/** What comes with a request besides HTTP. */
export interface AppEnv {
  Bindings: {
    /** The address of the peer; absent on a Unix socket. */
    readonly address?: string;
  };
  Variables: {
    traceId?: string;
    browser?: string;
    /** What an authorization request asked for, until it is known to be right. */
    asked?: AskedParameters;
  };
}

/** The parameters of an authorization request: those in its address or form, and those of the object in it, where that could be read. */
export interface AskedParameters {
  readonly outer: Parameters;
  readonly inner?: Parameters | undefined;
}

/** The most bytes of a form. */
const LONGEST_BODY = 65_536;

/** A request whose body is longer than we read (RFC 9110 §15.5.14). */
export class BodyTooLong extends OAuthError {
  constructor() {
    super("invalid_request", "the request body is longer than 64 KiB");
  }
}

/** A request without any token: RFC 6750 §3.1 gives it a challenge and no error code. */
export class TokenMissing extends OAuthError {
  constructor() {
    super("invalid_token", "an access token is missing");
  }
}

/** The form of a POST. Throws `invalid_request` for another media type (RFC 6749 §3.2), `BodyTooLong` past 64 KiB. */
export async function readForm(c: Context<AppEnv>): Promise<Parameters> {
  if (!isForm(c)) {
    throw new OAuthError(
      "invalid_request",
      "the request body must be application/x-www-form-urlencoded",
    );
  }
  try {
    return readParameters(await readText(c));
  } catch (error) {
    if (error instanceof OAuthError) throw error;
    // RFC 9112 §8: whoever sends has gone away, or breaks off in the middle
    throw new OAuthError("invalid_request", "the request body is incomplete", {
      reason: String(error),
    });
  }
}

/** What a client sends: a form without repeated parameters, how it proves itself, and from where. Throws as `readForm` does. */
export async function readClientRequest(
  server: AddressServer,
  c: Context<AppEnv>,
): Promise<ClientRequest> {
  const parameters = await readForm(c);
  parameters.rejectRepeated();
  const address = callerAddress(server, c);
  return { authorization: c.req.header("Authorization"), parameters, address };
}

/** Whether the body says that it is a form. */
export function isForm(c: Context<AppEnv>): boolean {
  const type = c.req.header("Content-Type")?.split(";")[0]?.trim().toLowerCase();
  return type === "application/x-www-form-urlencoded";
}

async function readText(c: Context<AppEnv>): Promise<string> {
  const announced = c.req.header("Content-Length");
  if (announced !== undefined) {
    if (Number(announced) > LONGEST_BODY) throw new BodyTooLong();
    return await c.req.text();
  }
  const decoder = new TextDecoder();
  let [text, length] = ["", 0];
  for await (const chunk of c.req.raw.body ?? []) {
    length += chunk.byteLength;
    if (length > LONGEST_BODY) throw new BodyTooLong();
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

/** The query of a request as parameters. */
export function readQuery(c: Context<AppEnv>): Parameters {
  const { url } = c.req;
  const start = url.indexOf("?");
  return readParameters(start < 0 ? "" : url.slice(start + 1));
}

/** A random name for this request, made when first asked for: it stands in the log and in answers to unexpected failures. */
export function traceId(server: { readonly env: Pick<Env, "random"> }, c: Context<AppEnv>): string {
  const known = c.get("traceId");
  if (known !== undefined) return known;
  const made = server.env.random(16).toHex();
  c.set("traceId", made);
  return made;
}

/** Notes an audit event with the request's trace id. No secret, token, code, password or cookie may be among `members`. */
export function audit(
  server: { readonly env: Pick<Env, "random" | "log"> },
  c: Context<AppEnv>,
  event: string,
  members: Readonly<Record<string, unknown>>,
): void {
  server.env.log.info(event, { trace_id: traceId(server, c), ...members });
}

/** What stands for the peer's address on a Unix socket. */
const UNIX = "unix";

/** What telling addresses apart needs. */
export interface AddressServer {
  readonly trustedProxies: TrustedProxies;
}

/** Where the request comes from, as far as throttling goes: an IPv4 address, or an IPv6 /64. */
export function callerAddress(server: AddressServer, c: Context<AppEnv>): string {
  const { address: peer = UNIX } = c.env ?? {};
  // Only a program of this machine can speak through the socket: a proxy.
  const trusted = (address: string) => address === UNIX || server.trustedProxies(address);
  return addressBlock(clientAddress(peer, c.req.header("X-Forwarded-For"), trusted));
}

/** RFC 9110 §10.2.3: after how many seconds it is worth another try, as a header; `undefined`: nobody knows. */
export function retryAfter(seconds: number | undefined): Readonly<Record<string, string>> {
  return seconds === undefined ? {} : { "Retry-After": String(seconds) };
}

/** RFC 6749 §5.1: nothing that holds a token may be kept by a cache. */
export const NO_STORE = {
  "Cache-Control": "no-store",
  "Pragma": "no-cache",
  "X-Content-Type-Options": "nosniff",
} as const;
