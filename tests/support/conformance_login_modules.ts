/** What those modules of the OpenID Foundation's plans do that are about the login: asked for, forbidden, or too old. */

import assert from "node:assert/strict";
import { agent, attribute } from "./agent.ts";
import type { Op } from "./conformance.ts";
import { checkErrorResponse } from "./conformance_checks.ts";
import { addressOf, arrive, complete, follow, requestOf, succeed } from "./conformance_flow.ts";
import { answerAt } from "./conformance_flow.ts";
import type { Module } from "./conformance_modules.ts";
import type { Fields } from "./flow.ts";

/** A second request in the browser of a first one, some seconds later, and the ID tokens of both. */
async function twice(op: Op, seconds: number, second: (id_token: string) => Fields) {
  const browser = agent(op);
  const first = await succeed(op, {}, { browser });
  op.env.advance(seconds);
  const then = await succeed(op, second(first.id_token), { browser });
  const [one, two] = [first.id_tokens.at(-1), then.id_tokens.at(-1)];
  assert.equal(two?.sub, one?.sub);
  return { pages: then.pages, one: Number(one?.["auth_time"]), two: Number(two?.["auth_time"]) };
}

/** A second request that must ask the person to log in again. */
const again = (rule: string, changes: Fields): Module => ({
  rule,
  async run(op) {
    const { pages, one, two } = await twice(op, 2, () => changes);
    assert.ok(pages.includes("login"), "asked to log in");
    assert.ok(two > one, "auth_time is that of the second login");
    assert.ok(op.env.now() - two < 5, "auth_time is recent");
  },
});

/** A second request that must ask for nothing. */
const same = (rule: string, seconds: number, changes: (id_token: string) => Fields): Module => ({
  rule,
  async run(op) {
    const { pages, one, two } = await twice(op, seconds, changes);
    assert.deepEqual(pages, []);
    assert.equal(two, one);
  },
});

/** A request whose login page shows something of it, and that succeeds. */
const shown = (rule: string, changes: Fields, check: (html: string) => void): Module => ({
  rule,
  async run(op) {
    const browser = agent(op);
    const request = requestOf(op, changes);
    const opened = await browser.open(addressOf(op, request));
    check(opened.html);
    const { visit, pages } = await follow(browser, opened);
    await complete(op, request, { parameters: answerAt(op, visit, request), pages });
  },
});

/** The modules by their names in the suite. */
export const LOGIN_MODULES = {
  "oidcc-prompt-login": again("prompt=login asks whoever is logged in again", { prompt: "login" }),
  "oidcc-prompt-none-not-logged-in": {
    rule: "prompt=none without a login is login_required, and no page is shown",
    async run(op) {
      const request = requestOf(op, { prompt: "none" });
      const { parameters, pages } = await arrive(op, agent(op), request);
      assert.deepEqual(pages, []);
      checkErrorResponse(op, parameters, request, "login_required");
    },
  },
  "oidcc-prompt-none-logged-in": same(
    "prompt=none answers for whoever is logged in, of the same login",
    2,
    () => ({ prompt: "none" }),
  ),
  "oidcc-max-age-1": again("a login that is older than max_age is asked for again", {
    max_age: "1",
  }),
  "oidcc-max-age-10000": same("a login that is younger than max_age is good", 2, () => ({
    max_age: "10000",
  })),
  "oidcc-id-token-hint": same(
    "prompt=none with the ID token of whoever is logged in answers for them",
    2,
    (id_token_hint) => ({ prompt: "none", id_token_hint }),
  ),
  "oidcc-login-hint": shown(
    "login_hint is no error, and the login page is filled in with it",
    { login_hint: "alice" },
    (html) => {
      const [input = ""] = /<input[^>]*id="username"[^>]*>/.exec(html) ?? [];
      assert.equal(attribute(input, "value"), "alice");
    },
  ),
  "oidcc-ui-locales": shown(
    "ui_locales is no error, and the first language that the pages know is theirs",
    { ui_locales: "se de en" },
    (html) => assert.match(html, /<html[^>]* lang="de"/),
  ),
} satisfies Readonly<Record<string, Module>>;
