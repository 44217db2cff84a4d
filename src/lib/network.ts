/** To which kind of network an address belongs. */

import { BlockList, isIP } from "node:net";

/**
 * `loopback` is this machine, `private` a network that only some can reach, `special` an address that nobody serves
 * anything to others at (link-local ones with the metadata of clouds, multicast, documentation), `public` the rest.
 */
export type NetworkKind = "loopback" | "private" | "special" | "public";

/** RFC 1122 §3.2.1.3, RFC 4291 §2.5.3 */
const LOOPBACK = blockList(["127.0.0.0/8", "::1/128"]);

/** RFC 1918 §3, RFC 6598 §7 (shared by the customers of a carrier), RFC 4193 §3 */
const PRIVATE = blockList([
  "10.0.0.0/8",
  "172.16.0.0/12",
  "192.168.0.0/16",
  "100.64.0.0/10",
  "fc00::/7",
]);

/** The IANA registries of special-purpose addresses (RFC 6890), as far as they are not globally reachable. */
const SPECIAL = blockList([
  "0.0.0.0/8",
  "169.254.0.0/16",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/3",
  "2001::/23",
  "2001:db8::/32",
  // 6to4 (RFC 3056) leads to any IPv4 address.
  "2002::/16",
  "3fff::/20",
]);

/** RFC 4291 §2.4: what is handed out of IPv6. */
const GLOBAL_UNICAST = blockList(["2000::/3"]);

/** The kind of an IP address; `special` for what is none. */
export function networkKind(address: string): NetworkKind {
  const family = isIP(address);
  if (family === 0) return "special";
  const embedded = family === 6 ? embeddedIpv4(address) : undefined;
  if (embedded !== undefined) return networkKind(embedded);
  const type = family === 6 ? "ipv6" : "ipv4";
  if (LOOPBACK.check(address, type)) return "loopback";
  if (PRIVATE.check(address, type)) return "private";
  if (SPECIAL.check(address, type)) return "special";
  return family === 4 || GLOBAL_UNICAST.check(address, type) ? "public" : "special";
}

/** The IPv4 address that an IPv6 one stands for: mapped (RFC 4291 §2.5.5.2), or behind NAT64 (RFC 6052 §2.1). */
function embeddedIpv4(address: string): string | undefined {
  const normal = new URL(`http://[${address.split("%")[0]}]/`).hostname.slice(1, -1);
  const [, high, low] = /^(?:::ffff|64:ff9b:):([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(normal) ?? [];
  if (high === undefined || low === undefined) return undefined;
  return [high, low].flatMap((group) => {
    const bits = parseInt(group, 16);
    return [bits >> 8, bits & 255];
  }).join(".");
}

function blockList(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = "", bits] = range.split("/");
    list.addSubnet(address, Number(bits), isIP(address) === 6 ? "ipv6" : "ipv4");
  }
  return list;
}
