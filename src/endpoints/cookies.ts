/** Which cookies the pages use, and how they are kept from everybody else. */

import type { Context } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { sha256Hex } from "../lib/bytes.ts";
import type { AppEnv } from "./http.ts";

/** The session, the browser that an interaction is bound to, and the accounts that a browser has been used for. */
export type CookieName = "session" | "browser" | "known";

/** Reads and writes cookies. */
export interface Cookies {
  get(c: Context<AppEnv>, name: CookieName): string | undefined;
  /** Sets a cookie; without `maxAge` (seconds) it ends with the browser. */
  set(c: Context<AppEnv>, name: CookieName, value: string, maxAge?: number): void;
}

/**
 * The cookies of an issuer. `__Host-` binds them to https, this host and all its paths (RFC 6265bis §4.1.3.2);
 * on loopback http no browser would take that, so there they have neither the prefix nor Secure.
 */
export function cookiesOf(issuer: string): Cookies {
  const secure = issuer.startsWith("https:");
  const { pathname } = new URL(issuer);
  // Two issuers on one host share a cookie jar, and __Host- forbids them paths of their own.
  const own = pathname === "/" ? "" : `-${sha256Hex(pathname).slice(0, 8)}`;
  const nameOf = (name: CookieName) => `${secure ? "__Host-" : ""}latchkey-${name}${own}`;
  return {
    get: (c, name) => getCookie(c, nameOf(name)),
    set: (c, name, value, maxAge) =>
      setCookie(c, nameOf(name), value, {
        path: "/",
        httpOnly: true,
        secure,
        sameSite: "Lax",
        ...maxAge === undefined ? {} : { maxAge },
      }),
  };
}
