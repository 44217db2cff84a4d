/** Records as the server would write them, where a test doesn't mind what they say. */

import type { Authorization, Session } from "../../src/store/records.ts";
import { START } from "./env.ts";

/** A redeemed grant of alice without refresh tokens, which ends in a minute. */
export function someAuthorization(members: Partial<Authorization> = {}): Authorization {
  return {
    grant_id: "1",
    client_id: "client",
    sub: "alice",
    sid: "sid",
    scope: ["openid"],
    resource: [],
    auth_time: START,
    amr: ["pwd"],
    created_at: START,
    used_at: START,
    code: undefined,
    refresh_token: undefined,
    expires_at: START + 60,
    ...members,
  };
}

/** A login of alice, which idles out in a minute. */
export function someSession(members: Partial<Session> = {}): Session {
  return {
    sid: "sid",
    sub: "alice",
    auth_time: START,
    amr: ["pwd"],
    created_at: START,
    seen_at: START,
    absolute_expires_at: START + 600,
    expires_at: START + 60,
    ...members,
  };
}
