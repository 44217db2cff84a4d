/** What somebody is told whose flow can't go on: why, and the way back where this browser had come from a client. */

import type { ClientRegistry } from "../clients/registry.ts";
import type { Env } from "../lib/env.ts";
import type { Ring } from "../lib/sealing.ts";
import { findLost, type Loss } from "../login/lost_interaction.ts";
import type { ShownClient } from "../pages/client.tsx";
import type { Explanation } from "../pages/error.tsx";
import type { Collections } from "../store/collection.ts";
import { PageError } from "./errors.ts";

interface Server {
  readonly env: Pick<Env, "now">;
  readonly records: Pick<Collections, "interaction">;
  readonly ring: Ring;
  readonly clients: Pick<ClientRegistry, "find">;
}

/** What is said of each loss. */
const EXPLANATION_OF: Readonly<Record<Loss, Explanation>> = {
  unknown: "interaction_unknown",
  foreign: "interaction_foreign",
  expired: "interaction_expired",
  answered: "interaction_answered",
};

/** That a flow can't go on, and why. Whoever began it in this browser is shown the way back to the client. */
export async function lostFlow(
  server: Server,
  handle: string | undefined,
  browser: string,
): Promise<PageError> {
  const { loss, client_id } = await findLost(server, handle, browser);
  const client = client_id === undefined ? undefined : await server.clients.find(client_id);
  const back = client?.enabled ? client : undefined;
  return lost(loss, back);
}

/** That a flow can't go on. */
export function lost(loss: Loss = "unknown", back?: ShownClient): PageError {
  const detail = { reason: loss, client_id: back?.client_id };
  const description = "the interaction can't go on";
  return new PageError("invalid_request", EXPLANATION_OF[loss], description, detail, back);
}
