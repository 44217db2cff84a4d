/** Whether the files that pages load are right, named by their content and readable in any colour. */

import assert from "node:assert/strict";
import fc from "fast-check";
import { fromUtf8, sha256Hex, utf8 } from "../../src/lib/bytes.ts";
import { contrast, readableOn, textOn } from "../../src/pages/color.ts";
import { type Palette, palettes } from "../../src/pages/palette.ts";
import { createAssets } from "../../src/pages/site.ts";

const bytes = (...values: number[]) => new Uint8Array(values);
const file = (content: Uint8Array<ArrayBuffer>) => ({ name: "logo", bytes: content });
const logoOf = (content: Uint8Array<ArrayBuffer>) => {
  const { site, files } = createAssets({ name: "S", logo: file(content) }, "");
  return { url: site.logoUrl, ...files.get(site.logoUrl.slice("/assets/".length)) };
};

Deno.test("createAssets: every file is named by the digest of its content and served below the base path", () => {
  const { site, files } = createAssets({ name: "S" }, "/id");
  assert.equal(site.name, "S");
  assert.equal(files.size, 2);
  for (const url of [site.logoUrl, ...site.stylesheetUrls]) {
    const [, name = "", digest] = /^\/id\/assets\/([a-z]+-([0-9a-f]{16})\.[a-z]+)$/.exec(url) ?? [];
    const asset = files.get(name);
    assert.ok(asset !== undefined, url);
    assert.equal(digest, sha256Hex(asset.bytes).slice(0, 16));
  }
});

Deno.test("createAssets: the operator's stylesheet comes after ours, unchanged", () => {
  const css = utf8("main { border-radius: 0 }");
  const { site, files } = createAssets({ name: "S", stylesheet: file(css) }, "");
  assert.equal(site.stylesheetUrls.length, 2);
  const last = files.get(site.stylesheetUrls[1]?.slice("/assets/".length) ?? "");
  assert.deepEqual(last, { contentType: "text/css; charset=utf-8", bytes: css });
});

Deno.test("createAssets: the logo's type is told by its bytes, not by its name", () => {
  const png = bytes(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0);
  assert.equal(logoOf(png).contentType, "image/png");
  assert.equal(logoOf(bytes(0xff, 0xd8, 0xff, 0xe0)).contentType, "image/jpeg");
  assert.equal(logoOf(utf8("RIFF\x01\x02\n\x03WEBPVP8 ")).contentType, "image/webp");
  const svg = '\ufeff<?xml version="1.0"?>\n<!-- <html> --><!DOCTYPE svg>\n<svg xmlns="x"/>';
  assert.equal(logoOf(utf8(svg)).contentType, "image/svg+xml");
  assert.match(logoOf(utf8("<svg>")).url, /\.svg$/);
});

Deno.test("createAssets: a logo of any other kind is refused", () => {
  for (
    const content of [
      "",
      "GIF89a",
      "<html><svg></svg></html>",
      "<!-- <svg>",
      "<svgx>",
      "text <svg>",
      "RIFF1234WAVE",
    ]
  ) assert.throws(() => logoOf(utf8(content)), TypeError, content);
});

Deno.test("createAssets: the stylesheet loads nothing", () => {
  const { site, files } = createAssets({ name: "S" }, "");
  const css = files.get(site.stylesheetUrls[0]?.slice("/assets/".length) ?? "");
  assert.doesNotMatch(fromUtf8(css?.bytes ?? bytes()), /url\(|@import|undefined|NaN/);
});

Deno.test("contrast: black on white is 21, a colour on itself is 1 (WCAG 2.2)", () => {
  assert.equal(contrast("#000000", "#ffffff"), 21);
  assert.equal(contrast("#336699", "#336699"), 1);
  assert.equal(contrast("#777777", "#ffffff").toFixed(2), "4.48");
});

Deno.test("textOn: white where it can be read, else black", () => {
  assert.equal(textOn("#1d4ed8"), "#ffffff");
  assert.equal(textOn("#facc15"), "#000000");
});

Deno.test("readableOn: a readable colour stays as it is", () => {
  assert.equal(readableOn(["#ffffff"], "#1d4ed8"), "#1d4ed8");
});

Deno.test("palettes: WCAG 2.2 §1.4.3 and §1.4.11 hold whatever colours the operator chose", () => {
  const color = fc.integer({ min: 0, max: 0xffffff })
    .map((value) => `#${value.toString(16).padStart(6, "0")}`);
  const optional = fc.option(color, { nil: undefined });
  fc.assert(fc.property(optional, optional, (primary_color, primary_color_dark) => {
    const { light, dark } = palettes({ primary_color, primary_color_dark });
    for (const palette of [light, dark]) assertReadable(palette);
  }));
});

function assertReadable(palette: Palette): void {
  const atLeast = (goal: number, front: string, ...backs: string[]) => {
    for (const back of backs) {
      const found = contrast(palette[front] ?? "", palette[back] ?? "");
      assert.ok(found >= goal, `${front} on ${back}: ${found}`);
    }
  };
  atLeast(4.5, "text", "canvas", "surface", "quiet", "field", "line");
  atLeast(4.5, "muted", "canvas", "surface", "quiet", "line");
  atLeast(4.5, "on-primary", "primary", "primary-hover");
  atLeast(4.5, "accent", "canvas", "surface");
  atLeast(4.5, "alert-text", "alert");
  atLeast(3, "alert-text", "surface");
  atLeast(3, "border", "surface", "field");
}
