/** Records as the server would write them, where a test doesn't mind what they say. */

import type { AuthorizationRequest } from "../../src/oauth/authorization_request.ts";
import type { Authorization, Session } from "../../src/store/records.ts";
import { CALLBACK } from "./config.ts";
import { START } from "./env.ts";

/** What `web` asks for where it asks for nothing special, without PKCE. */
export function someRequest(members: Partial<AuthorizationRequest> = {}): AuthorizationRequest {
  return {
    client_id: "web",
    redirect_uri: CALLBACK,
    redirect_uri_given: true,
    response_type: "code",
    response_mode: "query",
    state: undefined,
    nonce: undefined,
    scope: ["openid"],
    resource: [],
    code_challenge: undefined,
    prompt: [],
    max_age: undefined,
    acr_values: [],
    claims: undefined,
    claims_locales: [],
    login_hint: undefined,
    ui_locales: undefined,
    hinted_sub: undefined,
    ...members,
  };
}

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
    acr: undefined,
    claims: undefined,
    claims_locales: [],
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
    clients: [],
    device: "",
    absolute_expires_at: START + 600,
    expires_at: START + 60,
    ...members,
  };
}
