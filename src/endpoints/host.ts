/** Whether a request's Host is a host: Deno joins it with the target to a URL, so a "/" in it would choose another route. */

import type { MiddlewareHandler } from "hono";
import type { AppEnv } from "./http.ts";

/** RFC 9110 §7.2, RFC 3986 §3.2.2: a name or an address, and a port. The issuer never comes from it. */
const HOST = /^[A-Za-z0-9._~-]*(?::\d*)?$|^\[[0-9A-Fa-f:.]+\](?::\d*)?$/;

/** RFC 9112 §3.2: an invalid Host is answered with 400. */
export const plainHost: MiddlewareHandler<AppEnv> = async (c, next) => {
  if (HOST.test(c.req.header("Host") ?? "")) return await next();
  return c.json({ error: "invalid_request", error_description: "the Host header is invalid" }, 400);
};
