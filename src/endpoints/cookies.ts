/** Which cookies the pages use, and how they are kept from everybody else. */

import type { Context } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { sha256Hex } from "../lib/bytes.ts";
import type { AppEnv } from "./http.ts";

/**
 * The session, the browser that an interaction is bound to, the accounts that a browser has been used for, and what
 * the iframe of OpenID Connect Session Management compares.
 */
export type CookieName = "session" | "browser" | "known" | "browser_state";

/** Reads and writes cookies. */
export interface Cookies {
  get(c: Context<AppEnv>, name: CookieName): string | undefined;
  /** Sets a cookie; without `maxAge` (seconds) it ends with the browser. */
  set(c: Context<AppEnv>, name: CookieName, value: string, maxAge?: number): void;
  /** Has the browser forget a cookie, where it has sent one. */
  clear(c: Context<AppEnv>, name: CookieName): void;
  /** What the cookie is called in the browser. */
  nameOf(name: CookieName): string;
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
  const set: Cookies["set"] = (c, name, value, maxAge) =>
    setCookie(c, nameOf(name), value, {
      path: "/",
      secure,
      ...maxAge === undefined ? {} : { maxAge },
      // OpenID Connect Session Management §3.2: script reads it, in an iframe of another site's page
      ...name === "browser_state"
        ? { httpOnly: false, sameSite: secure ? "None" : "Lax" }
        : { httpOnly: true, sameSite: "Lax" },
    });
  return {
    get: (c, name) => getCookie(c, nameOf(name)),
    set,
    clear(c, name) {
      if (getCookie(c, nameOf(name)) !== undefined) set(c, name, "", 0);
    },
    nameOf,
  };
}
