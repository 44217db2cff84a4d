/** Whether an answer by form_post arrives, with script and without. */

import assert from "node:assert/strict";
import type { View } from "../../src/pages/language.ts";
import { renderFormPost } from "../../src/pages/form_post.tsx";
import { browserNote, chromium, launch } from "../support/browser.ts";
import { NONCE } from "./samples.ts";

const VIEW: View = {
  site: { name: "Site", logoUrl: "data:,", stylesheetUrls: [] },
  language: "en",
};

const PARAMETERS = { code: "ac_0123", state: `a"b'c&d<e>f+ü %20`, iss: "https://id.example.com" };

for (const javaScriptEnabled of [true, false]) {
  const way = javaScriptEnabled ? "sends itself" : "is sent by its button where scripts are off";
  Deno.test({
    name: `Form Post Response Mode §2: the answer ${way}, every character kept` + browserNote,
    ignore: chromium === undefined,
    async fn() {
      const html = renderFormPost(VIEW, {
        action: "/callback",
        parameters: PARAMETERS,
        nonce: NONCE,
      });
      const headers = {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy":
          `default-src 'none'; script-src 'nonce-${NONCE}'; form-action 'self'; base-uri 'none'`,
      };
      const arrived = Promise.withResolvers<string>();
      const options = { hostname: "127.0.0.1", port: 0, onListen() {} };
      const server = Deno.serve(options, async (request) => {
        if (request.method !== "POST") return new Response(html, { headers });
        arrived.resolve(await request.text());
        return new Response("thanks");
      });
      const browser = await launch();
      try {
        const page = await browser.newPage({ javaScriptEnabled });
        await page.goto(`http://127.0.0.1:${server.addr.port}/`);
        if (!javaScriptEnabled) await page.click("#submit");
        const sent = new URLSearchParams(await arrived.promise);
        assert.deepEqual(Object.fromEntries(sent), PARAMETERS);
      } finally {
        await browser.close();
        await server.shutdown();
      }
    },
  });
}
