/** The link on the page of a refused authorization request by which whoever runs the server has its details written to the log. */

import { CHECK_LIFETIME } from "../keys/sealed_life.ts";
import { base64url, fromBase64url, fromUtf8, utf8 } from "../lib/bytes.ts";
import type { Env } from "../lib/env.ts";
import type { Ring } from "../lib/sealing.ts";
import { PUSHED } from "../login/pushed_request.ts";
import type { AskedRequest, RequestForm } from "../oauth/check_request.ts";
import type { OAuthError } from "../oauth/error.ts";
import { PATHS } from "../oauth/metadata.ts";
import type { Parameters } from "../oauth/parameters.ts";
import { attempt } from "../oauth/response_mode.ts";
import type { AskedParameters } from "./http.ts";

/** What making and reading it needs. */
export interface CheckLinkServer {
  readonly env: Pick<Env, "now">;
  readonly config: { readonly issuer: string };
  readonly ring: Ring;
}

/** A request that was refused under some trace id. */
export interface RefusedRequest {
  readonly trace_id: string;
  readonly asked: AskedRequest;
}

const PURPOSE = "authorization_check";

/** No link of ours is longer. */
const LONGEST_VALUE = 8192;

/**
 * What is kept of each parameter: so many characters. Nothing of the others is, for state, hints, tokens and objects are
 * nobody's business.
 */
const KEPT = {
  client_id: 255,
  redirect_uri: 1024,
  response_type: 64,
  response_mode: 32,
  scope: 512,
  code_challenge: 129,
  code_challenge_method: 16,
} as const;

/** The most characters of a reason; and the room for that, escaped, and for a description. */
const LONGEST_REASON = 200;
const ROOM = 2 * LONGEST_REASON + 200;

/** What stands for a parameter of which no more matters than that it is there. */
const PRESENT = "present";

/**
 * The address of the link. All of the request that is to be known later is sealed in it, so that nothing is stored for
 * strangers, and nobody can have something logged that was not refused here before.
 */
export function checkLink(
  { env, config, ring }: CheckLinkServer,
  trace_id: string,
  refused: AskedParameters,
  error: OAuthError,
): string {
  const sealed: Sealed = {
    trace_id,
    asked: askedRequest(refused, error),
    exp: env.now() + CHECK_LIFETIME,
  };
  const value = base64url(ring.seal(PURPOSE, utf8(written(sealed))));
  return `${config.issuer}${PATHS.check}?request=${value}`;
}

/** As JSON, which is as long whatever the server has to say: of a sealed text everybody sees how long it is. */
function written(sealed: Sealed): string {
  const asked = { ...sealed.asked, error_description: "", reason: undefined };
  return JSON.stringify(sealed).padEnd(JSON.stringify({ ...sealed, asked }).length + ROOM);
}

/** What `checkLink` has put into the parameter `request`; `undefined` where it was not ours, or is too old. */
export function openCheck(
  { env, ring }: Pick<CheckLinkServer, "env" | "ring">,
  value: string | undefined,
): RefusedRequest | undefined {
  if (value === undefined || value.length > LONGEST_VALUE) return undefined;
  const bytes = fromBase64url(value);
  const opened = bytes && ring.open(PURPOSE, bytes);
  if (opened === undefined) return undefined;
  const { exp, ...refused }: Sealed = JSON.parse(fromUtf8(opened));
  return env.now() < exp ? refused : undefined;
}

interface Sealed extends RefusedRequest {
  readonly exp: number;
}

function askedRequest({ outer, inner }: AskedParameters, error: OAuthError): AskedRequest {
  const form = formOf(outer);
  const counting = inner ?? outer;
  const names = Object.keys(KEPT) as (keyof typeof KEPT)[];
  const kept = names.flatMap((name) => {
    const value = attempt(() => counting.get(name));
    return value === undefined ? [] : [[name, plain(value, KEPT[name])] as const];
  });
  const nonce = attempt(() => counting.get("nonce")) === undefined ? {} : { nonce: PRESENT };
  const { code, message, detail: { reason } } = error;
  return {
    form,
    readable: form === "plain" || inner !== undefined,
    parameters: { ...Object.fromEntries(kept), ...nonce },
    repeated: [...names, "nonce", "request", "request_uri"].filter((name) =>
      isRepeated(counting, name)
    ),
    error: code,
    error_description: message,
    reason: typeof reason === "string" ? plain(reason, LONGEST_REASON) : undefined,
  };
}

/** What no good value has would take up to six times its room in an address, and hide what stands around it in a log. */
function plain(value: string, length: number): string {
  return value.slice(0, length).replaceAll(/[^\x20-\x7e]/g, "_");
}

function formOf(outer: Parameters): RequestForm {
  if (attempt(() => outer.get("request")) !== undefined) return "request";
  const request_uri = attempt(() => outer.get("request_uri"));
  if (request_uri === undefined) return "plain";
  return request_uri.startsWith(PUSHED) ? "pushed" : "request_uri";
}

function isRepeated(parameters: Parameters, name: string): boolean {
  try {
    parameters.get(name);
    return false;
  } catch {
    return true;
  }
}
