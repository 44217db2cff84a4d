/** How something is put aside for its person, and what they are told where that can't be. */

import type { Context } from "hono";
import { pause } from "../login/interaction.ts";
import type { Paused } from "../login/paused.ts";
import { pausePushed } from "../login/pushed_request.ts";
import type { Client } from "../oauth/client.ts";
import { PageError } from "./errors.ts";
import type { AuthorizationFlow, FlowServer } from "./flow.ts";
import type { AppEnv } from "./http.ts";
import { admitWaiting } from "./waiting.ts";

/** Puts something aside, as `pause` does; answers its handle. Throws `TooManyRequests` where too much waits already. */
export async function putAside(
  server: FlowServer,
  c: Context<AppEnv>,
  paused: Paused,
  browser: string | undefined,
): Promise<string> {
  await admitWaiting(server, c);
  return await pause(server, paused, browser);
}

/** Puts the way to a client aside, as `putAside` does. Throws a `PageError` where its pushed request has been answered meanwhile. */
export async function putRequestAside(
  server: FlowServer,
  c: Context<AppEnv>,
  { client, request, pushed }: Pick<AuthorizationFlow, "client" | "request" | "pushed">,
  browser: string | undefined,
): Promise<string> {
  if (pushed === undefined) {
    return await putAside(server, c, { kind: "authorization", request }, browser);
  }
  await admitWaiting(server, c);
  const handle = await pausePushed(server, request, pushed, browser);
  if (handle === undefined) throw spent(client);
  return handle;
}

/** That a pushed request can't be used, or not any more; the person may go back to its client. */
export function spent(
  client: Client | undefined,
  detail: Record<string, unknown> = { reason: "answered" },
): PageError {
  const description = "the pushed request has expired, or was used before";
  const members = { client_id: client?.client_id, ...detail };
  return new PageError("invalid_request_uri", "pushed_request", description, members, client);
}
