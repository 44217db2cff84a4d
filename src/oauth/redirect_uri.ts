/** Which URIs may be registered for redirects, and whether a requested one is among a client's. */

declare const proven: unique symbol;

/** A redirect URI that was found among its client's. Only this file makes one, so nothing else can be redirected to. */
export type RegisteredRedirectUri = string & { readonly [proven]: true };

declare const registeredForLogout: unique symbol;

/** A post-logout redirect URI that was found among its client's. Only this file makes one. */
export type RegisteredPostLogoutUri = string & { readonly [registeredForLogout]: true };

/** RFC 8252 §7.3: the port of a loopback IP literal is chosen when the app runs. */
const LOOPBACK_IP = /^(http:\/\/(?:127\.0\.0\.1|\[::1\]))(?::(\d{1,5}))?([/?].*)?$/;

/** Whether a host name (as `URL.hostname` has it) is this machine. */
export function isLoopbackHost(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" ||
    /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(hostname);
}

/** What is wrong with a redirect URI that somebody wants to register; `undefined`: nothing. */
export function redirectUriProblem(uri: string): string | undefined {
  // RFC 3986 §2: a URI is printable ASCII. Browsers read "\" as "/", so what is compared would not be what is visited.
  if (!/^[\x21-\x7e]+$/.test(uri) || /[\\"<>^`{|}]/.test(uri)) {
    return "has characters that no URI has";
  }
  const url = URL.canParse(uri) ? new URL(uri) : undefined;
  if (url === undefined || !/^[a-zA-Z][a-zA-Z0-9+.-]*:/.test(uri)) return "is not an absolute URI";
  // RFC 6749 §3.1.2
  if (uri.includes("#")) return "has a fragment (RFC 6749 §3.1.2)";
  if (/^[^/?]*\/\/[^/?]*@/.test(uri)) return "has a user name or password";
  if (url.protocol === "https:" || url.protocol === "http:") {
    if (!/^https?:\/\/[^/]/i.test(uri)) return "is not an absolute URI";
    // RFC 9700 §4.1.3: exact comparison, no patterns
    if (url.hostname.includes("*")) return "has a wildcard; redirect URIs are compared exactly";
    if (url.protocol === "http:" && !isLoopbackHost(url.hostname)) {
      return "uses http on a host that is not loopback; use https";
    }
    return undefined;
  }
  // RFC 8252 §7.1: a private-use scheme is a domain name in reverse order; this also keeps out javascript:, data: and the like
  return url.protocol.includes(".")
    ? undefined
    : `has the scheme ${url.protocol} where https, http on loopback, or a private-use scheme with a dot (RFC 8252 §7.1) is expected`;
}

/**
 * The requested URI as a proven one where it equals a registered one, character by character
 * (RFC 9700 §4.1.3), or differs from it in the port of a loopback IP literal alone (RFC 8252 §7.3).
 */
export function matchRedirectUri(
  client: { readonly redirect_uris: readonly string[] },
  requested: string,
): RegisteredRedirectUri | undefined {
  const loopback = withoutLoopbackPort(requested);
  return client.redirect_uris.some((registered) =>
      registered === requested ||
      loopback !== undefined && withoutLoopbackPort(registered) === loopback
    )
    ? requested as RegisteredRedirectUri
    : undefined;
}

/**
 * The requested URI as a proven one where it equals one of the client's `post_logout_redirect_uris`, character by
 * character (OpenID Connect RP-Initiated Logout §3).
 */
export function matchPostLogoutUri(
  client: { readonly post_logout_redirect_uris: readonly string[] },
  requested: string,
): RegisteredPostLogoutUri | undefined {
  return client.post_logout_redirect_uris.includes(requested)
    ? requested as RegisteredPostLogoutUri
    : undefined;
}

function withoutLoopbackPort(uri: string): string | undefined {
  const match = LOOPBACK_IP.exec(uri);
  if (match === null || Number(match[2] ?? 80) > 65_535) return undefined;
  return `${match[1]}${match[3] ?? ""}`;
}
