/** Whether the address of whoever speaks to us is found, and not made up by them. */

import assert from "node:assert/strict";
import fc from "fast-check";
import { addressBlock, clientAddress, placesOf, trustedProxies } from "../../src/lib/address.ts";

const TRUSTED = trustedProxies(["127.0.0.1", "10.0.0.0/8", "2001:db8:1::/48", "::1"]);

Deno.test("trustedProxies: addresses and ranges, IPv4 also where it comes as IPv6", () => {
  for (
    const address of [
      "127.0.0.1",
      "10.255.0.1",
      "2001:db8:1:ffff::1",
      "::1",
      "::ffff:10.1.2.3",
      "0:0:0:0:0:0:0:1",
    ]
  ) assert.ok(TRUSTED(address), address);
  for (
    const address of [
      "127.0.0.2",
      "11.0.0.1",
      "2001:db8:2::1",
      "::2",
      "::ffff:11.0.0.1",
      "",
      "unknown",
      "10.0.0.1:80",
      "010.0.0.1",
      "10.0.0.1 ",
    ]
  ) assert.ok(!TRUSTED(address), address);
  assert.ok(!trustedProxies([])("127.0.0.1"));
  assert.ok(trustedProxies(["0.0.0.0/0"])("192.0.2.1"));
});

Deno.test("trustedProxies: what is no address or range throws", () => {
  for (
    const range of [
      "",
      "localhost",
      "10.0.0",
      "10.0.0.0/",
      "10.0.0.0/33",
      "10.0.0.0/-1",
      "10.0.0.0/8/8",
      "10.0.0.0/0x8",
      "10.0.0.0/ 8",
      "10.0.0.0/1e1",
      "10.0.0.0/8.0",
      "::/129",
      "fe80::1%eth0",
      "*",
    ]
  ) assert.throws(() => trustedProxies([range]), TypeError, range);
});

Deno.test("clientAddress: X-Forwarded-For is believed from trusted proxies alone, right to left", () => {
  const table: readonly [peer: string, forwarded: string | undefined, address: string][] = [
    ["192.0.2.1", undefined, "192.0.2.1"],
    ["192.0.2.1", "198.51.100.1", "192.0.2.1"],
    ["10.0.0.1", undefined, "10.0.0.1"],
    ["10.0.0.1", "", "10.0.0.1"],
    ["10.0.0.1", "198.51.100.1", "198.51.100.1"],
    ["::ffff:10.0.0.1", "198.51.100.1", "198.51.100.1"],
    ["10.0.0.1", "1.1.1.1, 198.51.100.1", "198.51.100.1"],
    ["10.0.0.1", "1.1.1.1, 198.51.100.1 ,10.0.0.2", "198.51.100.1"],
    ["10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"],
    ["10.0.0.1", "1.1.1.1, unknown", "10.0.0.1"],
    ["10.0.0.1", "1.1.1.1, unknown, 10.0.0.2", "10.0.0.2"],
    ["10.0.0.1", "1.1.1.1,", "10.0.0.1"],
    ["10.0.0.1", "2001:db8::7", "2001:db8::7"],
    // RFC 7239 §6: a node may have a port
    ["10.0.0.1", "[2001:db8::7]", "2001:db8::7"],
    ["10.0.0.1", "[2001:db8::7]:4711", "2001:db8::7"],
    ["10.0.0.1", "198.51.100.1:4711", "198.51.100.1"],
    ["10.0.0.1", "198.51.100.1:", "10.0.0.1"],
    ["10.0.0.1", "[198.51.100.1:4711", "10.0.0.1"],
  ];
  for (const [peer, forwarded, address] of table) {
    assert.equal(clientAddress(peer, forwarded, TRUSTED), address, `${peer} ${forwarded}`);
  }
});

Deno.test("clientAddress: whatever a client sends, the hop that a proxy adds decides", () => {
  fc.assert(fc.property(fc.string(), fc.ipV4(), (sent, address) => {
    fc.pre(!TRUSTED(address));
    assert.equal(clientAddress("10.0.0.1", `${sent}, ${address}`, TRUSTED), address);
  }));
});

Deno.test("RFC 6177 §2: a block is an IPv4 address, or the /64 of an IPv6 one", () => {
  const table: Readonly<Record<string, string>> = {
    "192.0.2.1": "192.0.2.1",
    "::ffff:192.0.2.1": "192.0.2.1",
    "::FFFF:c000:0201": "192.0.2.1",
    "0:0:0:0:0:ffff:c000:201": "192.0.2.1",
    "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64",
    "2001:DB8:1:2::": "2001:db8:1:2::/64",
    "2001:0db8:0001:0002::1": "2001:db8:1:2::/64",
    "2001:db8::1": "2001:db8:0:0::/64",
    "2001:db8::1:2:3:4:5": "2001:db8:0:1::/64",
    "::1": "0:0:0:0::/64",
    "::": "0:0:0:0::/64",
    "1::": "1:0:0:0::/64",
    "fe80::1%eth0": "fe80:0:0:0::/64",
    "unix": "unix",
  };
  for (const [address, block] of Object.entries(table)) {
    assert.equal(addressBlock(address), block, address);
  }
});

Deno.test("addressBlock: the last 64 bits never count, the first always do", () => {
  const group = fc.integer({ min: 0, max: 0xffff }).map((value) => value.toString(16));
  const four = fc.tuple(group, group, group, group).map((groups) => groups.join(":"));
  fc.assert(fc.property(four, four, four, (net, host, other) => {
    fc.pre(net !== "0:0:0:0");
    assert.equal(addressBlock(`${net}:${host}`), addressBlock(`${net}:${other}`));
    assert.equal(addressBlock(`${net}:${host}`), `${net}::/64`);
  }));
});

Deno.test("RFC 6177 §2: the /48 of an IPv6 block is one site's, IPv4 has none", () => {
  const placesFrom = (address: string) => placesOf(addressBlock(address));
  for (
    const [address, block, site] of [
      ["2001:db8:1:2::7", "2001:db8:1:2::/64", "2001:db8:1::/48"],
      ["2001:db8:1:ffff::7", "2001:db8:1:ffff::/64", "2001:db8:1::/48"],
      ["::1", "0:0:0:0::/64", "0:0:0::/48"],
    ] as const
  ) {
    assert.deepEqual(placesFrom(address), [
      { place: block, times: 1 },
      { place: site, times: 5 },
    ]);
  }
  for (const address of ["192.0.2.1", "unix"]) {
    assert.deepEqual(placesFrom(address), [{ place: address, times: 1 }]);
  }
});
