/** Whether a client can be told of logouts, and browsers be sent on to it, at the URIs that it gives. */

import { redirectUriProblem } from "../oauth/redirect_uri.ts";
import type { Finding } from "./finding.ts";
import type { ClientConfig } from "./schema.ts";
import { webUriProblem } from "./web_uri.ts";

/** What is wrong with the logout URIs of a client. */
export function logoutFindings(client: ClientConfig): Finding[] {
  const { frontchannel_logout_uri: front, backchannel_logout_uri: back } = client;
  const of = (path: Finding["path"], message: string | undefined): Finding[] =>
    message === undefined ? [] : [{ path, message }];
  // OpenID Connect Front-Channel Logout §2, Back-Channel Logout §2.2: absolute, and without a fragment
  return [
    ...client.post_logout_redirect_uris.flatMap((uri, index) =>
      of(["post_logout_redirect_uris", index], redirectUriProblem(uri))
    ),
    ...of(["frontchannel_logout_uri"], front && (webUriProblem(front) ?? foreign(front, client))),
    ...of(["backchannel_logout_uri"], back && webUriProblem(back)),
  ];
}

/** OpenID Connect Front-Channel Logout §2: domain, port and scheme MUST be those of a registered redirect URI. */
function foreign(uri: string, { redirect_uris }: ClientConfig): string | undefined {
  const { origin } = new URL(uri);
  return redirect_uris.some((one) => URL.canParse(one) && new URL(one).origin === origin)
    ? undefined
    : "doesn't have the scheme, host and port of a redirect URI";
}
