/** Which accounts a browser has logged in to before, so that strangers' guesses don't slow down their owner. */

import { base64url, fromBase64url, fromUtf8, utf8 } from "../lib/bytes.ts";
import type { Env } from "../lib/env.ts";
import type { Ring } from "../lib/sealing.ts";

const PURPOSE = "known_browser";

/** A browser remembers so many accounts, the latest first. */
const MOST_ACCOUNTS = 5;

/** What the cookie holds, sealed. */
interface KnownBrowser {
  /** The browser's own name, random. */
  readonly id: string;
  readonly accounts: readonly string[];
}

interface Server {
  readonly env: Pick<Env, "random">;
  readonly ring: Ring;
}

/** The browser's name where it has logged in to this account before. */
export function knownBrowser(
  server: Server,
  cookie: string | undefined,
  account: string,
): string | undefined {
  const known = open(server, cookie);
  return known?.accounts.includes(account) ? known.id : undefined;
}

/** The account that somebody has logged in to with this browser last, whoever asks now. */
export function accountOfBrowser(
  server: Pick<Server, "ring">,
  cookie: string | undefined,
): string | undefined {
  return open(server, cookie)?.accounts[0];
}

/** The cookie of a browser that has now logged in to this account. */
export function rememberBrowser(
  server: Server,
  cookie: string | undefined,
  account: string,
): string {
  const before = open(server, cookie);
  const known: KnownBrowser = {
    id: before?.id ?? base64url(server.env.random(16)),
    accounts: [...new Set([account, ...before?.accounts ?? []])].slice(0, MOST_ACCOUNTS),
  };
  return base64url(server.ring.seal(PURPOSE, utf8(JSON.stringify(known))));
}

function open(server: Pick<Server, "ring">, cookie: string | undefined): KnownBrowser | undefined {
  const sealed = cookie === undefined ? undefined : fromBase64url(cookie);
  const opened = sealed && server.ring.open(PURPOSE, sealed);
  return opened && JSON.parse(fromUtf8(opened));
}
