/** GET and POST /connect/endsession: a client wants somebody logged out (OpenID Connect RP-Initiated Logout §2). */

import type { Context } from "hono";
import type { IdTokenHint } from "../oauth/id_token_hint.ts";
import { logoutClientId, type LogoutRequest, parseLogoutRequest } from "../oauth/logout_request.ts";
import { PATHS } from "../oauth/metadata.ts";
import type { Parameters } from "../oauth/parameters.ts";
import { type HintServer, readIdTokenHint } from "../tokens/id_token_hint.ts";
import { PageError } from "./errors.ts";
import { toInteraction } from "./flow.ts";
import { type AppEnv, readForm, readQuery } from "./http.ts";
import { goOnWithLogout, type LogoutServer } from "./logout_flow.ts";
import { orPage, provenClient } from "./or_page.ts";
import { putAside } from "./put_aside.ts";

type Server = LogoutServer & HintServer;

/** Begins a logout. Throws a `PageError` for a request that is wrong: then nothing has happened, and nothing is redirected. */
export async function endSessionEndpoint(server: Server, c: Context<AppEnv>): Promise<Response> {
  const posted = c.req.method === "POST";
  const request = await readRequest(server, posted ? await readForm(c) : readQuery(c));
  if (!posted) return await goOnWithLogout(server, c, request);
  // Browsers keep Lax cookies from a POST of another site; the GET that follows brings them.
  const handle = await putAside(server, c, { kind: "logout", request }, undefined);
  return toInteraction(server, c, PATHS.logout, handle);
}

async function readRequest(server: Server, parameters: Parameters): Promise<LogoutRequest> {
  parameters.rejectRepeated();
  const hint = await hintOf(server, parameters);
  const client_id = orPage("logout", () => logoutClientId(parameters, hint));
  const client = client_id === undefined ? undefined : await provenClient(server, client_id);
  return orPage("post_logout_redirect_uri", () => parseLogoutRequest(parameters, client, hint));
}

/** Whom an ID token of ours names; it may have expired. A hint that is none makes the whole request worthless. */
async function hintOf(server: Server, parameters: Parameters): Promise<IdTokenHint | undefined> {
  const token = parameters.get("id_token_hint");
  if (token === undefined) return undefined;
  const hint = await readIdTokenHint(server, token);
  if (hint === undefined) {
    throw new PageError("invalid_request", "logout", "id_token_hint is no ID token of ours");
  }
  return hint;
}
