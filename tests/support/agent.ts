/** A small browser for tests that need no pixels: cookies, redirects within one server, forms. */

import assert from "node:assert/strict";
import type { TestServer } from "./server.ts";

/** Where the browser is. */
export interface Visit {
  readonly url: URL;
  readonly status: number;
  readonly headers: Headers;
  readonly html: string;
}

/** A form of a page, as it would be sent. */
export interface Form {
  readonly action: URL;
  readonly fields: URLSearchParams;
}

/** A browser with a cookie jar of its own. */
export interface Agent {
  readonly cookies: Map<string, string>;
  /** What a script of the server's pages reads as `document.cookie`. */
  documentCookie(): string;
  /** Sends one request with the cookies; keeps those that come back, follows nothing. */
  send(address: string | URL, init?: RequestInit): Promise<Response>;
  /** Goes to an address and follows redirects as long as they stay at the server; elsewhere it stops with status 0. */
  open(address: string | URL, init?: RequestInit): Promise<Visit>;
  /** Sends the form that has the button with this `action`: its hidden fields, these fields and the button. */
  submit(visit: Visit, fields: Readonly<Record<string, string>>): Promise<Visit>;
}

/** A new browser. */
export function agent({ fetch, issuer }: Pick<TestServer, "fetch" | "issuer">): Agent {
  const cookies = new Map<string, string>();
  const hidden = new Set<string>();
  const written = (names: readonly string[]) =>
    names.map((name) => `${name}=${cookies.get(name)}`).join("; ");
  const self: Agent = {
    cookies,
    documentCookie: () => written([...cookies.keys()].filter((name) => !hidden.has(name))),
    async send(address, init = {}) {
      const headers = new Headers(init.headers);
      if (cookies.size > 0) {
        headers.set("Cookie", written([...cookies.keys()]));
      }
      const url = new URL(address, issuer);
      const response = await fetch(url, { ...init, headers, redirect: "manual" });
      for (const cookie of response.headers.getSetCookie()) {
        const [pair = ""] = cookie.split(";");
        const name = pair.slice(0, pair.indexOf("="));
        if (/; HttpOnly(;|$)/i.test(cookie)) hidden.add(name);
        else hidden.delete(name);
        if (/; Max-Age=0(;|$)/i.test(cookie)) cookies.delete(name);
        else cookies.set(name, pair.slice(pair.indexOf("=") + 1));
      }
      return response;
    },
    async open(address, init = {}) {
      let [url, current] = [new URL(address, issuer), init];
      for (let hop = 0; hop < 10; hop++) {
        if (url.origin !== new URL(issuer).origin) {
          return { url, status: 0, headers: new Headers(), html: "" };
        }
        const response = await self.send(url, current);
        const location = response.headers.get("Location");
        const html = await response.text();
        if (location === null) {
          return { url, status: response.status, headers: response.headers, html };
        }
        assert.equal(response.status, 303);
        [url, current] = [new URL(location, url), {}];
      }
      throw new Error("too many redirects");
    },
    submit(visit, fields) {
      const form = formOf(visit, fields["action"]);
      const body = new URLSearchParams([...form.fields, ...Object.entries(fields)]);
      return self.open(form.action, { method: "POST", body });
    },
  };
  return self;
}

/** The form of a page that has a button with this value, or else its first: where it goes, and its hidden fields. */
export function formOf({ html, url }: Visit, button?: string): Form {
  const forms = [...html.matchAll(/<form.*?<\/form>/gs)].map(([form]) => form);
  const form = forms.find((one) => one.includes(` value="${button}"`)) ?? forms[0];
  assert.ok(form !== undefined, `no form on ${url.pathname}`);
  const fields = [...form.matchAll(/<input[^>]*type="hidden"[^>]*>/g)].map(([input]) =>
    [attribute(input, "name"), attribute(input, "value")] as [string, string]
  );
  return { action: new URL(attribute(form, "action"), url), fields: new URLSearchParams(fields) };
}

/** Logs in on the login page that is shown. */
export function logIn(agent: Agent, visit: Visit, username: string, password: string = username) {
  return agent.submit(visit, { username, password, action: "login" });
}

/** The value of an attribute in the first tag of some HTML that has it. */
export function attribute(html: string, name: string): string {
  const value = new RegExp(`\\b${name}="([^"]*)"`).exec(html)?.[1] ?? "";
  return value.replaceAll("&quot;", '"').replaceAll("&#39;", "'").replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}
