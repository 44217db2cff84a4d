/** `latchkey grants show`: what is there to know about one grant? */

import { dateTime } from "../lib/date_time.ts";
import type { Authorization, PendingCode, RefreshChain } from "../store/records.ts";
import { findGrant } from "../tokens/stored_grants.ts";
import { type Command, command, CONFIG_OPTION, JSON_OPTION } from "./command.ts";
import { GRANT_ID, grantJson, NO_GRANT } from "./grant_text.ts";
import { fullUserName } from "./names.ts";
import { type OpenedStore, withStore } from "./opened_store.ts";
import { table } from "./table.ts";
import { json, visible } from "./visible.ts";

/** Prints everything about one grant. */
export const grantsShow: Command = command({
  summary: "shows everything about one grant",
  details: "No token and no code is shown: the store doesn't know them. Times are UTC.",
  options: { config: CONFIG_OPTION, json: JSON_OPTION },
  arguments: { id: { summary: GRANT_ID } },
  run(io, { config, json: asJson }, { id }) {
    return withStore(io, config, async (server) => {
      const grant = await findGrant(server, id);
      if (grant === undefined) {
        io.complain(NO_GRANT);
        return 1;
      }
      io.print(
        asJson
          ? json(await grantJson(server, grant))
          : table(await rowsOf(server, server.env.now(), grant), ""),
      );
      return 0;
    });
  },
});

async function rowsOf(
  server: OpenedStore,
  now: number,
  grant: Authorization,
): Promise<[string, string][]> {
  const { grant_id, client_id, sub, sid, scope, resource, auth_time, amr, acr, code } = grant;
  const client = server.config.clients.find((one) => one.client_id === client_id);
  const methods = amr.length > 0 ? ` by ${visible(amr.join(" "))}` : "";
  const reached = acr === undefined ? "" : `, acr ${visible(acr)}`;
  return [
    ["grant", visible(grant_id)],
    ["user", await fullUserName(server, sub)],
    ["client", visible(client_id + (client?.client_name ? ` (${client.client_name})` : ""))],
    ["scopes", visible(scope.join(" "))],
    [
      "resources",
      resource.length > 0 ? visible(resource.join(" ")) : "all that the scopes lead to",
    ],
    ["claims", claimsText(grant)],
    ["session", visible(sid)],
    ["logged in", dateTime(auth_time) + methods + reached],
    ["granted", dateTime(grant.created_at)],
    // A grant of which a code is all that there is ends with it; tokens that came with the code live on.
    ["last used", code?.expires_at === grant.expires_at ? "not yet" : dateTime(grant.used_at)],
    ["expires", dateTime(grant.expires_at)],
    ["code", codeText(now, code)],
    ["refresh token", chainText(now, grant.refresh_token)],
  ];
}

function claimsText({ claims }: Authorization): string {
  if (claims === undefined) return "none asked for one by one";
  const names = (asked: object) => visible(Object.keys(asked).join(" ") || "none");
  return `in userinfo ${names(claims.userinfo)}, in the ID token ${names(claims.id_token)}`;
}

function codeText(now: number, code: PendingCode | undefined): string {
  if (code === undefined) return "none waits";
  const whose = code.kind === "device_code" ? "of a device, " : "";
  return `${whose}${now < code.expires_at ? "waits until" : "expired"} ${
    dateTime(code.expires_at)
  }`;
}

function chainText(now: number, chain: RefreshChain | undefined): string {
  if (chain === undefined) return "none";
  const { generation, expires_at, absolute_expires_at } = chain;
  const verb = now < expires_at ? "expires" : "expired";
  return `generation ${generation}, ${verb} ${dateTime(expires_at)}, at the latest ${
    dateTime(absolute_expires_at)
  }`;
}
