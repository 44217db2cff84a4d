/** Whether a device is told in a few words of ours, whatever its header says. */

import assert from "node:assert/strict";
import fc from "fast-check";
import { deviceLabel } from "../../src/lib/device.ts";
import { anyText } from "../support/any_text.ts";

const WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)";
const LINUX = "Mozilla/5.0 (X11; Linux x86_64)";
const WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)";
const MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)";
const IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X)";
const ANDROID = "Mozilla/5.0 (Linux; Android 15; Pixel 9)";

Deno.test("deviceLabel: browsers and systems by the names that people know", () => {
  const known: [string, string][] = [
    [`${LINUX.slice(0, -1)}; rv:140.0) Gecko/20100101 Firefox/140.0`, "Firefox, Linux"],
    [`${WINDOWS} ${WEBKIT} Chrome/140.0.0.0 Safari/537.36`, "Chrome, Windows"],
    [`${WINDOWS} ${WEBKIT} Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0`, "Edge, Windows"],
    [`${WINDOWS} ${WEBKIT} Chrome/140.0.0.0 Safari/537.36 OPR/120.0.0.0`, "Opera, Windows"],
    [`${LINUX} ${WEBKIT} HeadlessChrome/140.0.0.0 Safari/537.36`, "Chrome, Linux"],
    [
      `${MAC} AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15`,
      "Safari, macOS",
    ],
    [
      `${IPHONE} AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1`,
      "Safari, iPhone",
    ],
    [
      `${IPHONE} AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/140.0 Mobile/15E148 Safari/604.1`,
      "Chrome, iPhone",
    ],
    [
      `${IPHONE} AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/140.0 Mobile/15E148 Safari/605.1.15`,
      "Firefox, iPhone",
    ],
    [`${ANDROID} ${WEBKIT} Chrome/140.0.0.0 Mobile Safari/537.36`, "Chrome, Android"],
    [
      `${ANDROID} ${WEBKIT} SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36`,
      "Samsung Internet, Android",
    ],
    [
      `Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) ${WEBKIT} Chrome/140.0.0.0 Safari/537.36`,
      "Chrome, ChromeOS",
    ],
    [`Mozilla/5.0 (iPad; CPU OS 18_1 like Mac OS X)`, "iPad"],
    ["Firefox/1", "Firefox"],
    ["curl/8.10.1", ""],
    ["", ""],
  ];
  for (const [header, label] of known) assert.equal(deviceLabel(header), label, header);
  assert.equal(deviceLabel(undefined), "");
});

Deno.test("deviceLabel: nothing of a header gets into it, and a long one costs nothing", () => {
  const words = /^([A-Z][A-Za-z ]{2,16}|iPhone|iPad|macOS)?(, [A-Za-z]{4,8})?$/;
  const sign = fc.constantFrom("Firefox/", "Linux", "Version/", " Safari/", "<b>", "\0", "\u202e");
  fc.assert(
    fc.property(fc.array(fc.oneof(sign, anyText())), (parts) => {
      assert.match(deviceLabel(parts.join("")), words);
    }),
  );
  assert.equal(deviceLabel("x".repeat(512) + " Firefox/140.0"), "");
  assert.equal(deviceLabel("Version/".repeat(1_000_000)), "");
});
