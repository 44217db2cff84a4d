/** Which cookies the pages use, and how they are kept from everybody else. */

import type { Context } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { base64url, fromBase64url, fromUtf8, sha256Hex, utf8 } from "../lib/bytes.ts";
import type { Ring } from "../lib/sealing.ts";
import type { AppEnv } from "./http.ts";

/**
 * The session, the browser that an interaction is bound to, the accounts that a browser has been used for, and what
 * the iframe of OpenID Connect Session Management compares.
 */
export type CookieName = "session" | "browser" | "known" | "browser_state";

/**
 * What the ring seals a cookie for, so that none passes for another; `undefined`: whoever makes its value has sealed
 * it, or it is no secret.
 */
const PURPOSE: Readonly<Record<CookieName, string | undefined>> = {
  session: "session_cookie",
  browser: "browser_cookie",
  known: undefined,
  browser_state: undefined,
};

const SEALED = ["session", "browser", "known"] as const;

/** Reads and writes cookies. */
export interface Cookies {
  /**
   * What we have put into a cookie; `undefined` where there is none, or a sealed one that we didn't make. One that an older key
   * of the ring has sealed is set anew, so that nobody misses that key once it is gone.
   */
  get(c: Context<AppEnv>, name: CookieName): string | undefined;
  /** Sets a cookie; without `maxAge` (seconds) it ends with the browser. */
  set(c: Context<AppEnv>, name: CookieName, value: string, maxAge?: number): void;
  /** Has the browser forget a cookie, where it has sent one. */
  clear(c: Context<AppEnv>, name: CookieName): void;
  /** What sealed cookies a browser has sent, for whoever has to know first which keys have sealed them. */
  sealed(c: Context<AppEnv>): readonly Uint8Array[];
  /** What the cookie is called in the browser. */
  nameOf(name: CookieName): string;
}

/**
 * The cookies of an issuer. `__Host-` binds them to https, this host and all its paths (RFC 6265bis §4.1.3.2);
 * on loopback http no browser would take that, so there they have neither the prefix nor Secure.
 */
export function cookiesOf(issuer: string, ring: Ring): Cookies {
  const secure = issuer.startsWith("https:");
  const { pathname } = new URL(issuer);
  // Two issuers on one host share a cookie jar, and __Host- forbids them paths of their own.
  const own = pathname === "/" ? "" : `-${sha256Hex(pathname).slice(0, 8)}`;
  const nameOf = (name: CookieName) => `${secure ? "__Host-" : ""}latchkey-${name}${own}`;
  const write = (c: Context<AppEnv>, name: CookieName, text: string, maxAge?: number) =>
    setCookie(c, nameOf(name), text, {
      path: "/",
      secure,
      ...maxAge === undefined ? {} : { maxAge },
      // OpenID Connect Session Management §3.2: script reads it, in an iframe of another site's page
      ...name === "browser_state"
        ? { httpOnly: false, sameSite: secure ? "None" : "Lax" }
        : { httpOnly: true, sameSite: "Lax" },
    });
  const set: Cookies["set"] = (c, name, value, maxAge) => {
    const purpose = PURPOSE[name];
    const text = purpose === undefined ? value : base64url(ring.seal(purpose, utf8(value)));
    write(c, name, text, maxAge);
  };
  return {
    get(c, name) {
      const text = getCookie(c, nameOf(name));
      const purpose = PURPOSE[name];
      if (text === undefined || purpose === undefined) return text;
      const sealed = fromBase64url(text);
      const opened = sealed && ring.open(purpose, sealed);
      if (sealed === undefined || opened === undefined) return undefined;
      const value = fromUtf8(opened);
      if (!ring.isNewest(sealed)) set(c, name, value);
      return value;
    },
    set,
    clear(c, name) {
      if (getCookie(c, nameOf(name)) !== undefined) write(c, name, "", 0);
    },
    sealed: (c) =>
      SEALED.map((name) => getCookie(c, nameOf(name)))
        .flatMap((text) => (text === undefined ? undefined : fromBase64url(text)) ?? []),
    nameOf,
  };
}
