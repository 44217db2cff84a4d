/** Whether what others say can become part of a page's structure. */

import assert from "node:assert/strict";
import { renderAccount } from "../../src/pages/account.tsx";
import { renderConsent } from "../../src/pages/consent.tsx";
import { renderError } from "../../src/pages/error.tsx";
import { renderDevice } from "../../src/pages/device.tsx";
import { renderDeviceConfirm } from "../../src/pages/device_confirm.tsx";
import { renderDeviceDone } from "../../src/pages/device_done.tsx";
import { renderFormPost } from "../../src/pages/form_post.tsx";
import { renderHome } from "../../src/pages/home.tsx";
import type { View } from "../../src/pages/language.ts";
import { renderLogin } from "../../src/pages/login.tsx";
import { shown } from "../../src/pages/shown.ts";
import { CLIENT, NONCE, NOW, SAMPLES, SESSION } from "./samples.ts";

const HOSTILE = `<script>"'&\0</script>--><img src=x onerror=alert(1)>`;

const VIEW: View = {
  site: { name: "Site", logoUrl: "/logo.svg", stylesheetUrls: ["/a.css"] },
  language: "en",
};

/** Every page with `text` in each of its string parameters. */
function pagesWith(text: string): Record<string, string> {
  const url = `https://example.com/${text}`;
  const view: View = {
    site: { name: text, logoUrl: text, stylesheetUrls: [text] },
    language: "en",
  };
  const form = { action: text, interaction: text, csrf_token: text };
  const client = {
    client_id: text,
    client_name: text,
    logo_uri: url,
    client_uri: url,
    policy_uri: url,
    tos_uri: url,
  };
  const login = { ...form, client, username: text, reauthenticate: false };
  const scopes = [
    { name: text, kind: "identity" },
    { name: text, kind: "api" },
    { name: text, kind: "offline" },
    { name: "a", display_name: text, kind: "api" },
  ] as const;
  const application = { scopes, since: 0, used_at: 0, offline: true, remembered: true };
  return {
    home: renderHome(view, { metadata: text, account: text }),
    login: renderLogin(view, { ...login, current: { name: text } }),
    "login again": renderLogin(view, { ...login, reauthenticate: true }),
    consent: renderConsent(view, {
      ...form,
      client: { ...client, client_name: undefined },
      user: { name: text },
      scopes,
      remember: true,
      redirect_host: text,
    }),
    account: renderAccount(view, {
      ...form,
      user: { name: text },
      applications: [
        { ...application, client },
        { ...application, client: { ...client, client_name: undefined } },
      ],
      removed: { name: text, asks: true },
      sessions: [
        { ...SESSION, device: text, sid: text },
        { ...SESSION, device: text, sid: text, here: false },
      ],
      now: NOW,
    }),
    error: renderError(view, { code: text, explanation: "server", trace_id: text }),
    "form post": renderFormPost(view, { action: text, parameters: { [text]: text }, nonce: text }),
  };
}

/** The tags of a page with the names of their attributes: neither values nor text. */
function structure(html: string): string {
  return html.replaceAll(/"[^"]*"/g, '""').replaceAll(/>[^<]*</g, "><");
}

Deno.test("pages: no parameter changes the structure of a page", () => {
  const harmless = pagesWith("harmless");
  for (const [name, html] of Object.entries(pagesWith(HOSTILE))) {
    assert.equal(structure(html), structure(harmless[name] ?? ""), name);
    assert.ok(!html.includes(HOSTILE), name);
  }
});

Deno.test("pages: what is filled in or sent on keeps every character", () => {
  const value = `a"b'c&d<e>f+ü %20`;
  const escaped = "a&quot;b&#39;c&amp;d&lt;e&gt;f+ü %20";
  const login = renderLogin(VIEW, {
    action: "/",
    interaction: "i",
    csrf_token: "c",
    username: value,
    reauthenticate: false,
  });
  assert.ok(login.includes(`value="${escaped}"`));
  const answer = renderFormPost(VIEW, {
    action: "https://a.example/",
    parameters: { state: value },
    nonce: NONCE,
  });
  assert.ok(answer.includes(`name="state" value="${escaped}"`));
});

Deno.test("shown: characters that hide or reorder the text around them are gone", () => {
  assert.equal(shown("a\0b\r\n\u202ec\u2066d\u200f\x7f"), "a b   c d  ");
  assert.equal(shown("Ünïcode – 日本語 עברית 👩‍💻"), "Ünïcode – 日本語 עברית 👩‍💻");
});

Deno.test("renderAccount: no name turns the text around it, seen or read aloud", () => {
  const name = "Web\u202eShop";
  const html = renderAccount(VIEW, {
    action: "/",
    csrf_token: "c",
    user: { name },
    applications: [{
      client: { client_id: "web-shop", client_name: name },
      scopes: [{ name, kind: "identity" }, { name: "a", display_name: name, kind: "api" }],
      since: 0,
      used_at: undefined,
      offline: false,
      remembered: true,
    }],
    removed: { name, asks: true },
    sessions: [{ ...SESSION, device: name, here: false }],
    now: NOW,
  });
  assert.ok(!html.includes("\u202e"));
  assert.equal(html.match(/Web Shop/g)?.length, 8);
});

Deno.test("renderDeviceConfirm: no name turns the text around it", () => {
  const name = "Living\u202eRoom";
  const page = {
    action: "/",
    interaction: "i",
    csrf_token: "c",
    client: { client_id: "tv", client_name: name },
    user: { name },
    user_code: "WDJB-MJHT",
    scopes: [{ name: "a", display_name: name, kind: "api" }],
    elsewhere: true,
    login: "/",
  } as const;
  const pages = [
    renderDeviceConfirm(VIEW, { ...page, allowed: true }),
    renderDeviceConfirm(VIEW, { ...page, allowed: false }),
    renderDeviceDone(VIEW, { client: page.client, answer: "approved" }),
    renderDevice(VIEW, { action: "/", csrf_token: "c", user_code: name }),
  ];
  for (const html of pages) {
    assert.ok(!html.includes("\u202e"));
    assert.ok(html.includes("Living Room"));
  }
});

Deno.test("ClientLinks: only http and https become links and pictures", () => {
  for (
    const url of [
      "javascript:alert(1)",
      "javascript://%0aalert(1)",
      "data:text/html,x",
      " javascript:x",
      "//x",
      "/x",
    ]
  ) {
    const html = renderLogin(VIEW, {
      action: "/",
      interaction: "i",
      csrf_token: "c",
      client: { ...CLIENT, client_uri: url, policy_uri: url, tos_uri: url, logo_uri: url },
      reauthenticate: false,
    });
    assert.ok(!html.includes(url.trim() + '"'), url);
  }
});

Deno.test("pages: no style, script or event handler stands in a page, save one script with its nonce", () => {
  for (const [name, sample] of Object.entries(SAMPLES)) {
    const html = sample(VIEW);
    const scripts = html.match(/<script[^>]*>/g) ?? [];
    const scripted = ["form post", "logged out while clients are told"].includes(name);
    assert.deepEqual(scripts, scripted ? [`<script nonce="${NONCE}">`] : [], name);
    assert.doesNotMatch(html, /<style|\sstyle=|\skey=|\son[a-z]+=|javascript:/i, name);
    assert.match(html, /^<!doctype html><html lang="en"><head><meta charset="utf-8"><title>/, name);
  }
});
