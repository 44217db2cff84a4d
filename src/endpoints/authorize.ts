/** GET and POST /connect/authorize: a client sends a person (RFC 6749 §3.1, OpenID Connect Core §3.1.2). */

import type { Context } from "hono";
import { beginPushed, type OpenPushed, PUSHED } from "../login/pushed_request.ts";
import { storedTarget } from "../oauth/authorization_request.ts";
import type { Client } from "../oauth/client.ts";
import { OAuthError } from "../oauth/error.ts";
import { PATHS } from "../oauth/metadata.ts";
import type { Parameters } from "../oauth/parameters.ts";
import { attempt } from "../oauth/response_mode.ts";
import { proceed, type ProceedingServer } from "./authorization_flow.ts";
import { refuse } from "./client_answer.ts";
import { toInteraction } from "./flow.ts";
import { type AppEnv, readForm, readQuery } from "./http.ts";
import { orPage, provenClient } from "./or_page.ts";
import { putRequestAside, spent } from "./put_aside.ts";
import {
  type BadRequest,
  type GoodRequest,
  outerTarget,
  type ReadingServer,
  readRequest,
  useUp,
} from "./read_request.ts";

type Server = ProceedingServer & ReadingServer;

/** A request that may be answered; where its client has pushed it, by one browser. */
type Begun = Pick<GoodRequest, "request" | "target"> & { readonly pushed?: OpenPushed };

/** Begins a flow. Throws a `PageError` until client and redirect URI are proven; all later errors go to the client. */
export async function authorize(server: Server, c: Context<AppEnv>): Promise<Response> {
  const posted = c.req.method === "POST";
  const outer = posted ? await readForm(c) : readQuery(c);
  c.set("asked", { outer });
  // RFC 6749 §4.1.2.1: without a proven client and redirect URI the person is told, and nothing is redirected
  const client_id = orPage("client", () => outer.require("client_id"));
  const client = await provenClient(server, client_id);
  const begun = await begin(server, client, outer);
  if ("error" in begun) {
    const { error, target, parameters } = begun;
    c.set("asked", { outer, inner: parameters });
    if (target === undefined) throw error;
    return await refuse(server, c, { client, target }, error, undefined);
  }
  const flow = { kind: "authorization", client, ...begun } as const;
  if (!posted) return await proceed(server, c, flow);
  // Browsers keep Lax cookies from a POST of another site; the GET that follows brings them.
  return toInteraction(server, c, PATHS.resume, await putRequestAside(server, c, flow, undefined));
}

async function begin(
  server: Server,
  client: Client,
  outer: Parameters,
): Promise<Begun | BadRequest> {
  const request_uri = attempt(() => outer.get("request_uri"));
  if (request_uri?.startsWith(PUSHED)) {
    return await beginWithPushed(server, client, outer, request_uri);
  }
  const { require_pushed_authorization_requests: always } = server.config.security;
  if (always || client.require_pushed_authorization_requests) {
    // RFC 9126 §4, §5: whoever has to push is refused otherwise
    const error = new OAuthError("invalid_request", "the request has to be pushed (RFC 9126)");
    return { error, target: outerTarget(client, outer) };
  }
  return await useUp(server, await readRequest(server, client, outer));
}

/** RFC 9126 §4: `client_id` and `request_uri` are all that counts. */
async function beginWithPushed(
  server: Server,
  client: Client,
  outer: Parameters,
  request_uri: string,
): Promise<Begun | BadRequest> {
  try {
    // RFC 9101 §5: both MUST NOT be used together
    if (outer.get("request") !== undefined) {
      throw new OAuthError("invalid_request", "request and request_uri are both given");
    }
    outer.rejectRepeated();
    const { request, pushed } = await beginPushed(server, client.client_id, request_uri);
    const target = storedTarget(client, request);
    if (target === undefined) {
      throw spent(client, { reason: "its redirect_uri is registered no more" });
    }
    return { request, target, pushed };
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    // A client whose only redirect URI nobody has named has no state to know its answer by: the person knows better.
    const named = attempt(() => outer.get("redirect_uri")) !== undefined;
    const target = named ? outerTarget(client, outer) : undefined;
    if (target !== undefined || error.code !== "invalid_request_uri") return { error, target };
    return { error: spent(client, error.detail), target };
  }
}
