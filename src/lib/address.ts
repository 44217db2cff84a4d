/** From which network address a request comes, when proxies that we trust stand between. */

import { BlockList, isIP } from "node:net";

/** The proxies whose word is taken. */
export type TrustedProxies = (address: string) => boolean;

/** The proxies in a list of addresses and CIDR ranges. Throws a `TypeError` for anything else. */
export function trustedProxies(ranges: readonly string[]): TrustedProxies {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = "", prefix, ...rest] = range.split("/");
    const family = isIP(address);
    const whole = family === 6 ? 128 : 32;
    const bits = Number(prefix ?? whole);
    const malformed = rest.length > 0 || address.includes("%") ||
      !/^\d{1,3}$/.test(prefix ?? "0");
    if (family === 0 || malformed || bits > whole) {
      throw new TypeError("not an address or a CIDR range");
    }
    list.addSubnet(address, bits, kind(family));
  }
  return (address) => {
    const family = isIP(address);
    return family !== 0 && list.check(address, kind(family));
  };
}

function kind(family: number): "ipv4" | "ipv6" {
  return family === 6 ? "ipv6" : "ipv4";
}

/**
 * The address of whoever speaks to us: the peer's, or where the peer is trusted the right-most hop of
 * `X-Forwarded-For` that is not. What stands to the left of that hop is anybody's claim.
 */
export function clientAddress(
  peer: string,
  forwardedFor: string | undefined,
  trusted: TrustedProxies,
): string {
  const hops = forwardedFor?.split(",").map((hop) => hop.trim()) ?? [];
  let address = peer;
  while (hops.length > 0 && trusted(address)) {
    const hop = withoutPort(hops.pop() ?? "");
    if (isIP(hop) === 0) break;
    address = hop;
  }
  return address;
}

/** Some proxies write `192.0.2.1:4711`, `[2001:db8::1]` or `[2001:db8::1]:4711` (as RFC 7239 §6 has it). */
function withoutPort(hop: string): string {
  return /^\[([^\]]*)\](?::\d+)?$/.exec(hop)?.[1] ?? /^([\d.]+):\d+$/.exec(hop)?.[1] ?? hop;
}

/** The part of an address that one customer holds: an IPv4 address, or the /64 of an IPv6 one (RFC 6177 §2). */
export function addressBlock(address: string): string {
  if (isIP(address) !== 6) return address;
  const normal = new URL(`http://[${address.split("%")[0]}]/`).hostname.slice(1, -1);
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(normal);
  if (mapped !== null) {
    const [high, low] = [parseInt(mapped[1] ?? "", 16), parseInt(mapped[2] ?? "", 16)];
    return [high >> 8, high & 255, low >> 8, low & 255].join(".");
  }
  const [head = "", tail = ""] = normal.split("::");
  const groups = head.split(":").filter((group) => group !== "");
  const last = tail.split(":").filter((group) => group !== "");
  const zeros = Array<string>(8 - groups.length - last.length).fill("0");
  return `${[...groups, ...zeros, ...last].slice(0, 4).join(":")}::/64`;
}

/** Where something is counted. */
export interface Place {
  /** A block of `addressBlock`, or the IPv6 /48 around it. */
  readonly place: string;
  /** How many times as much as one block it may try or do. */
  readonly times: number;
}

/**
 * Where to count what comes from a block of `addressBlock`: there and, of IPv6, in the /48 that is one site's (RFC 6177
 * §2), which may do five times as much: many a site has more than one customer.
 */
export function placesOf(block: string): readonly Place[] {
  const own = { place: block, times: 1 };
  if (!block.endsWith("::/64")) return [own];
  return [own, { place: `${block.split(":").slice(0, 3).join(":")}::/48`, times: 5 }];
}
