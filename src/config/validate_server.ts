/** Whether issuer, proxies and branding of a configuration mean something. */

import { trustedProxies } from "../lib/address.ts";
import { imageKind } from "../lib/image.ts";
import { isLoopbackHost } from "../oauth/redirect_uri.ts";
import type { Finding } from "./finding.ts";
import type { Config } from "./schema.ts";
import type { FileContent } from "./value.ts";

/** What is wrong with the server's own members. */
export function serverFindings(config: Config): Finding[] {
  const issuer = issuerProblem(config.issuer);
  return [
    ...issuer === undefined ? [] : [{ path: ["issuer"], message: issuer }],
    ...config.trusted_proxies.flatMap((proxy, index) =>
      isAddressOrRange(proxy) ? [] : [{
        path: ["trusted_proxies", index],
        message: "expected an IP address or a CIDR range such as 10.0.0.0/8",
      }]
    ),
    ...managementFindings(config),
    ...logoFindings(config.branding.logo),
    ...stylesheetFindings(config.branding.stylesheet),
  ];
}

/** What is wrong with an issuer (RFC 8414 §2, OpenID Connect Discovery §3); `undefined`: nothing. */
export function issuerProblem(issuer: string): string | undefined {
  if (!URL.canParse(issuer)) return "expected an absolute URL such as https://id.example.com";
  const url = new URL(issuer);
  if (url.protocol !== "https:" && url.protocol !== "http:") return "expected an https URL";
  if (url.protocol === "http:" && !isLoopbackHost(url.hostname)) {
    return "http is for loopback alone; use https";
  }
  if (url.username !== "" || url.password !== "") return "can't have a user name or password";
  if (issuer.includes("?")) return "can't have a query";
  if (issuer.includes("#")) return "can't have a fragment";
  if (issuer.endsWith("/")) return "can't end with a slash";
  const normal = url.origin + (url.pathname === "/" ? "" : url.pathname);
  // Compared as text by every client, so it must not have a second spelling.
  return issuer === normal ? undefined : `is not in normal form; write ${normal}`;
}

function isAddressOrRange(text: string): boolean {
  try {
    trustedProxies([text]);
    return true;
  } catch {
    return false;
  }
}

function managementFindings({ listen, management }: Config): Finding[] {
  const taken = listen.unix === undefined && management?.hostname === listen.hostname &&
    management.port === listen.port && management.port !== 0;
  return taken
    ? [{
      path: ["management", "port"],
      message: "listen has this port at the same address already",
    }]
    : [];
}

function logoFindings(logo: FileContent | undefined): Finding[] {
  return logo === undefined || imageKind(logo.bytes) !== undefined
    ? []
    : [{ path: ["branding", "logo"], message: "expected a file in SVG, PNG, JPEG or WebP" }];
}

function stylesheetFindings(stylesheet: FileContent | undefined): Finding[] {
  return stylesheet === undefined || /\.css$/i.test(stylesheet.name)
    ? []
    : [{ path: ["branding", "stylesheet"], message: "expected the name of a file in CSS" }];
}
