/** Whether each page has what browsers are driven by, and says what it must. */

import assert from "node:assert/strict";
import type { View } from "../../src/pages/language.ts";
import { renderConsent } from "../../src/pages/consent.tsx";
import { renderLogin } from "../../src/pages/login.tsx";
import { CLIENT, EXPLANATIONS, SAMPLES } from "./samples.ts";

const VIEW: View = {
  site: { name: "Site", logoUrl: "/logo.svg", stylesheetUrls: ["/a.css", "/b.css"] },
  language: "en",
};

const LOGIN = ["username", "password", "submit", "cancel"];

const IDS: Readonly<Record<string, readonly string[]>> = {
  home: [],
  login: LOGIN,
  "login without client": LOGIN,
  "login with a logo": LOGIN,
  "login wrong": ["problem", ...LOGIN],
  "login empty": ["problem", ...LOGIN],
  "login wait": ["problem", ...LOGIN],
  "login current": ["continue", ...LOGIN],
  "login again": LOGIN,
  consent: ["remember", "allow", "deny"],
  "consent all": ["allow", "deny"],
  "form post": ["submit"],
  ...Object.fromEntries(EXPLANATIONS.map((explanation) => [`error ${explanation}`, ["error"]])),
};

const render = (name: string) => SAMPLES[name]?.(VIEW) ?? "";

for (const [name, ids] of Object.entries(IDS)) {
  Deno.test(`pages: ${name} has the ids that browsers are driven by, each once`, () => {
    const found = [...render(name).matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id);
    assert.deepEqual(found, ids);
  });
}

Deno.test("pages: every sample is looked at", () => {
  assert.deepEqual(Object.keys(IDS).sort(), Object.keys(SAMPLES).sort());
});

Deno.test("renderDocument: a page loads the site's stylesheets in their order, and its logo as icon", () => {
  assert.match(
    render("login"),
    /<link rel="icon" href="\/logo.svg"><link rel="stylesheet" href="\/a.css"><link rel="stylesheet" href="\/b.css">/,
  );
});

Deno.test("renderLogin: the first empty field has the focus, unless one may simply continue", () => {
  const focused = (name: string) =>
    [...render(name).matchAll(/<input[^>]*id="(\w+)"[^>]*\sautofocus/g)].map(([, id]) => id);
  assert.deepEqual(focused("login"), ["username"]);
  assert.deepEqual(focused("login wrong"), ["password"]);
  assert.deepEqual(focused("login current"), []);
});

Deno.test("renderLogin: a problem is announced, described at both fields and in the title", () => {
  const html = render("login wrong");
  assert.match(html, /id="problem" role="alert"/);
  assert.equal(html.match(/aria-describedby="problem"/g)?.length, 2);
  assert.equal(html.match(/aria-invalid="true"/g)?.length, 2);
  assert.match(html, /<title>Problem: /);
  assert.doesNotMatch(render("login wait"), /aria-invalid/);
  assert.doesNotMatch(render("login"), /aria-describedby|role="alert"/);
});

Deno.test("renderLogin: whoever has to prove it once more can't simply continue", () => {
  const html = renderLogin(VIEW, {
    action: "/",
    interaction: "i",
    csrf_token: "c",
    current: { name: "Alice" },
    reauthenticate: true,
  });
  assert.doesNotMatch(html, /id="continue"/);
});

Deno.test("renderLogin: no password is ever filled in", () => {
  for (const name of Object.keys(SAMPLES).filter((name) => name.startsWith("login"))) {
    const [input = ""] = /<input[^>]*type="password"[^>]*>/.exec(render(name)) ?? [];
    assert.match(input, /autocomplete="current-password"/);
    assert.doesNotMatch(input, /value=/);
  }
});

Deno.test("renderConsent: says who asks, who is asked, what for and where the answer goes", () => {
  const html = render("consent");
  for (
    const text of [
      "Contoso Invoices asks for access",
      "<strong>Alice Adams</strong>",
      "Know who you are",
      "Read invoices",
      "Your answer goes to invoices.example.com.",
    ]
  ) assert.ok(html.includes(text), text);
  assert.ok(html.indexOf("Read invoices") < html.indexOf("Keep this access"), "offline comes last");
});

Deno.test("renderConsent: an API's scope never borrows the words of a scope of OpenID Connect", () => {
  const html = renderConsent(VIEW, {
    action: "/",
    interaction: "i",
    csrf_token: "c",
    client: CLIENT,
    user: { name: "Alice" },
    scopes: [{ name: "openid", kind: "api" }, { name: "toString", kind: "identity" }],
    remember: false,
    redirect_host: "a.example",
  });
  assert.ok(html.includes("Use this in your name: openid"));
  assert.ok(html.includes("See this about you: toString"));
});

Deno.test("renderError: the element `error` holds the code and the reference", () => {
  const html = render("error server");
  const text = html.slice(html.indexOf('id="error"'));
  assert.match(text, /<code>invalid_request<\/code>[^]*<code>4bf92f3577b34da6<\/code>/);
});
