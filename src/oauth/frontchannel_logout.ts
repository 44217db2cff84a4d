/** What a client is told by an iframe when its user logs out (OpenID Connect Front-Channel Logout §2). */

import type { Client } from "./client.ts";
import { withQuery } from "./with_query.ts";

/** What is loaded for a client; `undefined` where it has registered nothing. */
export function frontchannelLogoutUrl(
  client: Pick<Client, "frontchannel_logout_uri" | "frontchannel_logout_session_required">,
  iss: string,
  sid: string,
): string | undefined {
  const uri = client.frontchannel_logout_uri;
  if (uri === undefined || !client.frontchannel_logout_session_required) return uri;
  return withQuery(uri, { iss, sid });
}
