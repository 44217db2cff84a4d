/** Whether every script of the pages is understood by a browser that knows only ECMAScript 5. */

import { parse } from "acorn";
import assert from "node:assert/strict";
import type { View } from "../../src/pages/language.ts";
import { SAMPLES } from "./samples.ts";

const VIEW: View = {
  site: { name: "Site", logoUrl: "/logo.svg", stylesheetUrls: ["/a.css"] },
  language: "en",
};

Deno.test("pages: every script is ECMAScript 5", () => {
  const scripts = Object.entries(SAMPLES).flatMap(([name, render]) =>
    [...render(VIEW).matchAll(/<script[^>]*>([^]*?)<\/script>/g)]
      .map(([, text = ""]) => ({ name, text }))
  );
  assert.ok(scripts.length > 0);
  for (const { name, text } of scripts) {
    assert.doesNotThrow(() => parse(text, { ecmaVersion: 5 }), name);
  }
});
