/** Whom the server may ask: https at public addresses, and what the operator opens besides. */

import { isIP } from "node:net";
import type { Env } from "./env.ts";
import { networkKind } from "./network.ts";
import { OutboundError } from "./outbound_error.ts";

/** What knowing that needs. */
export interface TargetServer {
  readonly env: Pick<Env, "resolve">;
  readonly config: {
    readonly issuer: string;
    readonly security: { readonly outbound: { readonly private_addresses: boolean } };
  };
}

/** The URL to ask. Throws an `OutboundError` where it is no https; an http issuer may also ask by http. */
export function parseTarget(server: TargetServer, text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.username !== "" || url.password !== "") {
    throw new OutboundError("url");
  }
  const http = url.protocol === "http:" && server.config.issuer.startsWith("http:");
  if (url.protocol !== "https:" && !http) throw new OutboundError("url");
  url.hash = "";
  return url;
}

/** Throws an `OutboundError` unless every address of the host may be asked: a connection may go to any of them. */
export async function checkAddresses(server: TargetServer, url: URL): Promise<void> {
  const addresses = await addressesOf(server, url.hostname);
  if (addresses.length === 0) throw new OutboundError("unresolved");
  // An http issuer is on loopback, and so is whom it may speak http to.
  if (!addresses.every((address) => isAllowed(server, address, url.protocol === "http:"))) {
    throw new OutboundError("address");
  }
}

async function addressesOf(server: TargetServer, hostname: string): Promise<readonly string[]> {
  const literal = withoutBrackets(hostname);
  if (isIP(literal) !== 0) return [literal];
  try {
    return await server.env.resolve(hostname);
  } catch {
    throw new OutboundError("unresolved");
  }
}

function isAllowed({ config }: TargetServer, address: string, loopbackAlone: boolean): boolean {
  const kind = networkKind(address);
  if (kind === "loopback") {
    return config.security.outbound.private_addresses || isOnLoopback(config.issuer);
  }
  if (loopbackAlone) return false;
  return kind === "public" || kind === "private" && config.security.outbound.private_addresses;
}

function isOnLoopback(issuer: string): boolean {
  const { hostname } = new URL(issuer);
  return hostname === "localhost" || networkKind(withoutBrackets(hostname)) === "loopback";
}

/** An IPv6 literal as it stands outside of URLs. */
function withoutBrackets(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, "$1");
}
