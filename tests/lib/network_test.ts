/** Whether it is known which addresses lead inside, however they are written. */

import assert from "node:assert/strict";
import { networkKind } from "../../src/lib/network.ts";

const KINDS = {
  loopback: ["127.0.0.1", "127.255.255.254", "::1", "0:0:0:0:0:0:0:1", "::ffff:127.0.0.1"],
  private: [
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "100.64.0.1",
    "fd00::1",
    "fc00::1",
    "::ffff:10.1.2.3",
    "::ffff:a01:203",
    "64:ff9b::10.0.0.1",
  ],
  special: [
    "0.0.0.0",
    "0.1.2.3",
    "169.254.169.254",
    "192.0.0.1",
    "192.0.2.1",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "::ffff:169.254.169.254",
    "64:ff9b::169.254.169.254",
    "::127.0.0.1",
    "2001::1",
    "2002:7f00:1::",
    "2001:db8::1",
    "100::1",
    "",
    "localhost",
    "127.1",
    "0x7f.0.0.1",
    "10.0.0.1 ",
  ],
  public: [
    "93.184.215.14",
    "172.15.0.1",
    "172.32.0.1",
    "192.0.1.1",
    "100.128.0.1",
    "11.0.0.1",
    "2001:4860:4860::8888",
    "2a00:1450::1",
    "::ffff:93.184.215.14",
    "64:ff9b::93.184.215.14",
  ],
} as const;

for (const [kind, addresses] of Object.entries(KINDS)) {
  Deno.test(`networkKind: addresses that are ${kind}, mapped and embedded ones too`, () => {
    for (const address of addresses) assert.equal(networkKind(address), kind, address);
  });
}
