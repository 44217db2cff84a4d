/** What the log says of a session that has ended in a browser. */

import type { Context } from "hono";
import type { Env } from "../lib/env.ts";
import type { EndedSession } from "../login/end_session.ts";
import { type AppEnv, audit } from "./http.ts";

/** Why: somebody has logged out (a client may have asked for it), somebody else has logged in, or its owner has ended it on /account. */
export type EndReason = "logout" | "replaced" | "account";

/** Notes the audit event `session.ended`. */
export function auditEnded(
  server: { readonly env: Pick<Env, "random" | "log"> },
  c: Context<AppEnv>,
  { sub, sid, clients }: EndedSession,
  reason: EndReason,
  client_id?: string,
): void {
  const asked = client_id === undefined ? {} : { client_id };
  audit(server, c, "session.ended", { sub, sid, reason, ...asked, clients });
}
