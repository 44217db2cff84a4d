/** How is a grant told to people and to programs? */

import type { Authorization } from "../store/records.ts";
import type { OpenedStore } from "./opened_store.ts";

/** What stands for a grant on the command line. */
export const GRANT_ID = "the id of a grant, as latchkey grants list prints it";

/** What is said of an id that no grant has. It isn't quoted: it may be a token that was pasted by mistake. */
export const NO_GRANT = "there is no living grant of this id";

/**
 * A grant for programs: the members of the record under their names, `username` (null: the configuration knows
 * nobody of this `sub`), times as NumericDates, null for what isn't there. What tokens could be found by is left out.
 */
export async function grantJson(
  { users }: Pick<OpenedStore, "users">,
  grant: Authorization,
): Promise<Readonly<Record<string, unknown>>> {
  const { grant_id, client_id, sub, sid, scope, resource, auth_time, amr, acr } = grant;
  const { created_at, used_at, expires_at, code, refresh_token, claims, claims_locales } = grant;
  return {
    grant_id,
    client_id,
    sub,
    username: (await users.findBySub(sub))?.username ?? null,
    sid,
    scope,
    resource,
    claims: claims ?? null,
    claims_locales,
    auth_time,
    amr,
    acr: acr ?? null,
    created_at,
    used_at,
    expires_at,
    code: code === undefined ? null : { kind: code.kind, expires_at: code.expires_at },
    refresh_token: refresh_token === undefined ? null : {
      generation: refresh_token.generation,
      expires_at: refresh_token.expires_at,
      absolute_expires_at: refresh_token.absolute_expires_at,
    },
  };
}
