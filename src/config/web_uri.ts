/** Whether a client gives a URI at which somebody on the web can be asked: by the server, or in a browser. */

import { isLoopbackHost } from "../oauth/redirect_uri.ts";

/** What is wrong with such a URI; `undefined`: nothing. */
export function webUriProblem(uri: string): string | undefined {
  const url = URL.canParse(uri) ? new URL(uri) : undefined;
  if (url === undefined || url.username !== "" || url.password !== "") {
    return "expected an absolute https URL without a user name";
  }
  if (uri.includes("#")) return "has a fragment";
  if (url.protocol === "https:") return undefined;
  if (url.protocol !== "http:") return "expected https";
  return isLoopbackHost(url.hostname)
    ? undefined
    : "uses http on a host that is not loopback; use https";
}
