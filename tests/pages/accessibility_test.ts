/** Whether the pages can be used: by whom axe-core speaks for, on a small screen, with large text, with a keyboard. */

import assert from "node:assert/strict";
import axe from "axe-core";
import type { Page } from "playwright-core";
import { LANGUAGES } from "../../src/pages/language.ts";
import { createAssets } from "../../src/pages/site.ts";
import { browserNote, chromium, launch } from "../support/browser.ts";
import { SAMPLES } from "./samples.ts";

const CSP = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; " +
  "frame-ancestors 'none'; base-uri 'none'";

/** Error pages differ in their words alone, and in whether they lead on: three speak for all. */
const PAGES = Object.keys(SAMPLES).filter((name) =>
  !/^error (?!server|with a way back|of a refused)/.test(name)
);

/** What a test does with a page, the address of the samples, and the forms that were sent there. */
type Use = (page: Page, origin: string, sent: URLSearchParams[]) => Promise<void>;

const uses: { readonly name: string; readonly use: Use }[] = [];

/** A step of the one test of this file: they share a browser, which takes longer to start than most of them. */
function browserTest(name: string, use: Use): void {
  uses.push({ name, use });
}

Deno.test({
  name: "pages: everybody can use them" + browserNote,
  ignore: chromium === undefined,
  async fn(t) {
    const sent: URLSearchParams[] = [];
    const server = serveSamples(sent);
    const browser = await launch();
    try {
      for (const { name, use } of uses) {
        await t.step(name, async () => {
          sent.length = 0;
          const page = await browser.newPage();
          await use(page, `http://127.0.0.1:${server.addr.port}`, sent);
          await page.close();
        });
      }
    } finally {
      await browser.close();
      await server.shutdown();
    }
  },
});

function serveSamples(sent: URLSearchParams[]): Deno.HttpServer<Deno.NetAddr> {
  const { site, files } = createAssets({ name: "Latchkey" }, "");
  const options = { hostname: "127.0.0.1", port: 0, onListen() {} };
  return Deno.serve(options, async (request) => {
    if (request.method === "POST") {
      sent.push(new URLSearchParams(await request.text()));
      return new Response("thanks");
    }
    const [, language, name = ""] = new URL(request.url).pathname.split("/");
    const file = files.get(name);
    if (file !== undefined) {
      return new Response(file.bytes, { headers: { "Content-Type": file.contentType } });
    }
    const sample = SAMPLES[decodeURIComponent(name)];
    const known = LANGUAGES.find((known) => known === language);
    if (sample === undefined || known === undefined) return new Response(null, { status: 404 });
    return new Response(sample({ site, language: known }), {
      headers: { "Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": CSP },
    });
  });
}

/** What axe-core looks at: everything, or what colours and widths can change. */
const LOOKS = {
  all: { type: "tag", values: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"] },
  painted: { type: "rule", values: ["color-contrast", "link-in-text-block", "target-size"] },
} as const;

async function violations(page: Page, look: keyof typeof LOOKS): Promise<string[]> {
  // What passes is a lot, and nobody asks for it.
  const options = { runOnly: LOOKS[look], resultTypes: ["violations"] };
  const violations = await page.evaluate(
    `axe.run(${JSON.stringify(options)}).then(({ violations }) => violations)`,
  ) as axe.Result[];
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}

/** Whether a page scrolls sideways: as it is, and with text twice as large. */
const OVERFLOWS = `(() => {
  const { style } = document.documentElement;
  return ["", "200%"].map((size) => {
    style.fontSize = size;
    return document.documentElement.scrollWidth > innerWidth;
  });
})()`;

/** What is pressed and is too low for a finger. */
const SMALL = `(() => {
  document.documentElement.style.fontSize = "";
  document.querySelectorAll("details").forEach((it) => it.open = true);
  return [...document.querySelectorAll("button, a, summary, label:has(input), input:is([type=text], [type=password])")]
    .filter((element) => element.getBoundingClientRect().height < 44).map(({ outerHTML }) => outerHTML);
})()`;

/** What is wrong with the pages, and where. */
interface Findings {
  readonly violations: string[];
  readonly overflows: string[];
  readonly small: string[];
}

/** Opens every page once in every language, and looks at it in every way. */
async function walk(page: Page, origin: string): Promise<Findings> {
  const findings: Findings = { violations: [], overflows: [], small: [] };
  await page.addInitScript(axe.source);
  for (const [turn, language] of LANGUAGES.entries()) {
    const colorScheme = turn % 2 === 0 ? "light" : "dark";
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    for (const [index, name] of Object.keys(SAMPLES).entries()) {
      await page.goto(`${origin}/${language}/${name}`);
      if (PAGES.includes(name)) {
        // Each page is seen in both colours, at both widths and in both languages. Which colour comes with which width
        // matters to what surrounds the pages alone, which is the same for all: every other page has it the other way.
        const width = (turn + index) % 2 === 0 ? 320 : 1280;
        await page.setViewportSize({ width, height: 800 });
        // What a page is made of doesn't depend on its language.
        const found = await violations(page, turn === 0 ? "all" : "painted");
        const where = `${name}, ${language}, ${colorScheme}, ${width} px`;
        findings.violations.push(...found.map((one) => `${where}: ${one}`));
      }
      await page.setViewportSize({ width: 320, height: 640 });
      const [plain, large] = await page.evaluate(OVERFLOWS) as boolean[];
      if (plain) findings.overflows.push(`${name}, ${language}`);
      if (large) findings.overflows.push(`${name}, ${language}, 200 %`);
      if (language === "en" && PAGES.includes(name)) {
        await page.setViewportSize({ width: 1280, height: 720 });
        const small = await page.evaluate(SMALL) as string[];
        findings.small.push(...small.map((one) => `${name}: ${one}`));
      }
    }
  }
  return findings;
}

let findings: Promise<Findings> | undefined;

/** A step about what the one walk through all pages has found. */
function pagesTest(name: string, kind: keyof Findings): void {
  browserTest(name, async (page, origin) => {
    findings ??= walk(page, origin);
    assert.deepEqual((await findings)[kind], []);
  });
}

pagesTest(
  "WCAG 2.2 AA: axe-core finds nothing on any page, in any language, light or dark, narrow or wide",
  "violations",
);
pagesTest(
  "WCAG 2.2 §1.4.10, §1.4.4: no page scrolls sideways at 320 px, nor with text twice as large",
  "overflows",
);
pagesTest("WCAG 2.2 §2.5.5: whatever is pressed is at least 44 px high", "small");

browserTest(
  "renderLogin: the keyboard goes from username to password to submit to cancel, and Enter logs in",
  async (page, origin, sent) => {
    const focused = () => page.evaluate("document.activeElement.id");
    for (const name of ["login", "login current"]) {
      await page.goto(`${origin}/en/${name}`);
      // It has the focus without a key, as soon as the page is drawn.
      if (name === "login") {
        await page.waitForFunction(`document.activeElement.id === "username"`);
      }
      await page.focus("#username");
      await page.keyboard.type("alice");
      for (const next of ["password", "submit", "cancel"]) {
        await page.keyboard.press("Tab");
        assert.equal(await focused(), next);
      }
      await page.focus("#password");
      await page.keyboard.type("secret");
      await Promise.all([page.waitForURL("**/account/login"), page.keyboard.press("Enter")]);
      const { action, username, password } = Object.fromEntries(sent.splice(0)[0] ?? []);
      assert.deepEqual({ action, username, password }, {
        action: "login",
        username: "alice",
        password: "secret",
      });
    }
  },
);

browserTest(
  "renderLogin: cancel and continue need no field filled in",
  async (page, origin, sent) => {
    for (const id of ["cancel", "continue"]) {
      await page.goto(`${origin}/en/login current`);
      await Promise.all([page.waitForURL("**/account/login"), page.click(`#${id}`)]);
      const form = sent.splice(0)[0];
      assert.equal(form?.get("action"), id);
      assert.equal(form?.get("interaction"), "ia_0123");
      assert.equal(form?.get("csrf_token"), "csrf_0123");
    }
  },
);

browserTest(
  "renderConsent: allow sends the ticked box with it",
  async (page, origin, sent) => {
    await page.goto(`${origin}/en/consent`);
    await Promise.all([page.waitForURL("**/account/consent"), page.click("#allow")]);
    assert.deepEqual(Object.fromEntries(sent[0] ?? []), {
      interaction: "ia_0123",
      csrf_token: "csrf_0123",
      remember: "true",
      action: "allow",
    });
  },
);

browserTest(
  "renderAccount: the keyboard opens what an application may do, and removes its access",
  async (page, origin, sent) => {
    await page.goto(`${origin}/en/account`);
    const open = () =>
      page.evaluate("[...document.querySelectorAll('details')].map((it) => it.open)");
    assert.deepEqual(await open(), [false, false, false]);
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    assert.deepEqual(await open(), [true, false, false]);
    const focused = () => page.evaluate("document.activeElement.id");
    // three links lie between
    for (let pressed = 0; pressed < 4; pressed++) await page.keyboard.press("Tab");
    assert.equal(await focused(), "revoke-1");
    for (let pressed = 0; pressed < 2; pressed++) await page.keyboard.press("Tab");
    assert.equal(await focused(), "revoke-2");
    await Promise.all([page.waitForURL(`${origin}/account`), page.keyboard.press("Enter")]);
    assert.deepEqual(Object.fromEntries(sent[0] ?? []), {
      csrf_token: "csrf_0123",
      client_id: "web-shop",
      action: "revoke",
    });
  },
);

browserTest(
  "renderAccount: what it can do is told openly where there is one application alone",
  async (page, origin) => {
    await page.goto(`${origin}/en/account with one`);
    assert.equal(await page.isVisible("text=Read invoices"), true);
    await page.goto(`${origin}/en/account`);
    assert.equal(await page.isVisible("text=Read invoices"), false);
    assert.equal(await page.getByRole("button", { name: "Remove access for Web Shop" }).count(), 1);
  },
);
