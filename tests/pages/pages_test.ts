/** Whether each page has what browsers are driven by, and says what it must. */

import assert from "node:assert/strict";
import { renderAccount, type ShownApplication } from "../../src/pages/account.tsx";
import { renderConsent } from "../../src/pages/consent.tsx";
import { renderError, TURN } from "../../src/pages/error.tsx";
import { type Language, messagesOf, type View } from "../../src/pages/language.ts";
import { renderLogin } from "../../src/pages/login.tsx";
import type { ShownSession } from "../../src/pages/sessions.tsx";
import { APPLICATION, CLIENT, EXPLANATIONS, NOW, SAMPLES, SESSION } from "./samples.ts";

const VIEW: View = {
  site: { name: "Site", logoUrl: "/logo.svg", stylesheetUrls: ["/a.css", "/b.css"] },
  language: "en",
};

const LOGIN = ["username", "password", "submit", "cancel"];

const SESSIONS = [
  "sign-out",
  "sign-out-2",
  "sign-out-3",
  "sign-out-others",
  "sign-out-everywhere",
];

const IDS: Readonly<Record<string, readonly string[]>> = {
  home: ["account"],
  login: LOGIN,
  "login without client": LOGIN,
  "login with a logo": LOGIN,
  "login wrong": ["problem", ...LOGIN],
  "login empty": ["problem", ...LOGIN],
  "login wait": ["problem", ...LOGIN],
  "login current": ["continue", ...LOGIN],
  "login again": LOGIN,
  "login again without client": LOGIN,
  consent: ["remember", "allow", "deny"],
  "consent all": ["allow", "deny"],
  account: ["revoke-1", "revoke-2", "revoke-3", ...SESSIONS],
  "account with one": ["revoke-1", "sign-out"],
  "account empty": ["sign-out"],
  "account removed": ["removed", "revoke-1", "revoke-2", ...SESSIONS],
  "account signed out of one": ["signed-out", "revoke-1", "revoke-2", "revoke-3", ...SESSIONS],
  "account signed out": ["signed-out", "revoke-1", "revoke-2", "revoke-3", "sign-out"],
  "home with devices": ["account", "device"],
  "account with devices": ["revoke-1", "revoke-2", "revoke-3", ...SESSIONS, "device"],
  device: ["purpose", "user_code", "submit"],
  "device with a code": ["purpose", "user_code", "submit"],
  "device malformed": ["purpose", "problem", "user_code", "submit"],
  "device unknown": ["purpose", "problem", "user_code", "submit"],
  "device wait": ["purpose", "problem", "user_code", "submit"],
  "device confirm": ["phishing", "device-code", "allow", "deny", "another"],
  "device confirm elsewhere": [
    "phishing",
    "elsewhere",
    "device-code",
    "allow",
    "deny",
    "another",
  ],
  "device confirm forbidden": ["forbidden", "device-code", "deny", "another"],
  "device approved": ["device-done"],
  "device denied": ["device-done"],
  "device forbidden": ["device-done"],
  logout: ["confirm-logout", "cancel"],
  "logout without client": ["confirm-logout", "cancel"],
  "logged out": ["logged-out"],
  "logged out with a way back": ["logged-out", "submit"],
  "logged out while clients are told": ["logged-out", "submit"],
  "form post": ["submit"],
  ...Object.fromEntries(EXPLANATIONS.map((explanation) => [`error ${explanation}`, ["error"]])),
  "error with a way back": ["error", "back"],
  "error with a client that has no page": ["error"],
  "error of a refused request": ["error", "check"],
  checked: ["checked"],
  "error that passes": ["error"],
  "error that passes soon": ["error"],
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

Deno.test("renderConsent: offline_access says how long it lasts, and the page where access is removed", () => {
  const html = render("consent");
  assert.ok(html.includes("Even after you have signed out, until you remove it."));
  assert.ok(html.includes("You can remove this access at any time under “Your account” on Site."));
});

/** The account page's items, a string each. */
const items = (html: string) => html.match(/<li><span class="tile"[^]*?<\/form><\/li>/g) ?? [];

const account = (
  application: Partial<ShownApplication>,
  language: Language = "en",
  session: Partial<ShownSession> = {},
) =>
  renderAccount({ ...VIEW, language }, {
    action: "/account",
    csrf_token: "c",
    user: { name: "Alice" },
    applications: [{ ...APPLICATION, ...application }],
    sessions: [{ ...SESSION, ...session }],
    now: NOW,
  });

Deno.test("renderAccount: each application, in the order given, has a form that says whose access it removes", () => {
  const found = items(render("account")).map((item) => ({
    name: /<h3>([^<]*)<\/h3>/.exec(item)?.[1],
    button: /<button[^>]*>/.exec(item)?.[0],
    fields: [...item.matchAll(/<input type="hidden" name="(\w+)" value="([^"]*)"/g)]
      .map(([, name, value]) => `${name}=${value}`),
  }));
  const unnamed = "https://notes.example.com/a-client-without-a-name";
  const expected = [["Contoso Invoices", "invoices"], ["Web Shop", "web-shop"], [unnamed, unnamed]];
  assert.deepEqual(
    found,
    expected.map(([name, client_id], index) => ({
      name,
      button: `<button type="submit" id="revoke-${index + 1}" name="action" value="revoke" ` +
        `aria-label="Remove access for ${name}">`,
      fields: ["csrf_token=csrf_0123", `client_id=${client_id}`],
    })),
  );
});

Deno.test("renderAccount: what an application may do is told in the words of the consent page", () => {
  const list = (html: string) => /<ul class="scopes">[^]*?<\/ul>/.exec(html)?.[0];
  assert.ok(list(render("account")) !== undefined);
  assert.equal(list(render("account")), list(render("consent")));
});

Deno.test("renderAccount: dates are days in UTC, in the page's language", () => {
  const [english, german] = [account({}), account({}, "de")];
  assert.ok(english.includes('Access since <time datetime="2024-03-02">March 2, 2024</time>'));
  assert.ok(english.includes('Last used on <time datetime="2024-03-03">March 3, 2024</time>'));
  assert.ok(german.includes('Zugriff seit dem <time datetime="2024-03-02">2. März 2024</time>'));
  assert.ok(german.includes('Zuletzt genutzt am <time datetime="2024-03-03">3. März 2024</time>'));
});

Deno.test("renderAccount: says who goes on alone, who need not ask, and what is only remembered", () => {
  const OFFLINE = "Keeps its access while you’re away.";
  const REMEMBERED = "Doesn’t ask you again.";
  const told = (application: Partial<ShownApplication>) =>
    [...account(application).matchAll(/<p class="hint">([^<]*)<\/p>/g)].map(([, note]) => note)
      .slice(1, -1);
  assert.deepEqual(told({}), [`${OFFLINE} ${REMEMBERED}`]);
  assert.deepEqual(told({ remembered: false }), [OFFLINE]);
  assert.deepEqual(told({ offline: false }), [REMEMBERED]);
  assert.deepEqual(told({ offline: false, remembered: false }), []);
  const idle = { used_at: undefined, offline: false };
  assert.deepEqual(told(idle), ["Gets access again without asking you."]);
  assert.match(account(idle), /Allowed on <time/);
  assert.doesNotMatch(account(idle), /Last used|Access since/);
});

Deno.test("renderAccount: a removal is announced, in the title too, and told that it takes effect at once", () => {
  const html = render("account removed");
  assert.match(html, /<title>Access removed – Site<\/title>/);
  assert.match(html, /id="removed" role="status"><strong>Contoso Invoices no longer has access\./);
  assert.match(render("account"), /<title>Your account – Site<\/title>/);
  const signedOut = render("account signed out");
  assert.match(signedOut, /<title>Signed out – Site<\/title>/);
  assert.match(signedOut, /id="signed-out" role="status"><strong>All other devices are signed out/);
  assert.match(render("account"), /ends it here at once; an application that doesn’t check back/);
  assert.doesNotMatch(render("account"), /role="status"/);
});

Deno.test("renderAccount: where nothing has access, the page says so and has no form for it", () => {
  const html = render("account empty");
  assert.ok(html.includes("No application has access to your account."));
  assert.doesNotMatch(html, /value="revoke"/);
  assert.equal(html.match(/<ul/g)?.length, 1);
});

Deno.test("renderAccount: each device, in the order given, has a form that says where it signs out", () => {
  const items = render("account").match(/<li class="session">[^]*?<\/form><\/li>/g) ?? [];
  const found = items.map((item) => [
    /<h3>([^<]*)<\/h3>/.exec(item)?.[1],
    /aria-label="([^"]*)"/.exec(item)?.[1],
    /name="sid" value="([^"]*)"/.exec(item)?.[1],
    item.replaceAll(/<[^>]+>/g, "").includes("This device"),
  ]);
  assert.deepEqual(found, [
    ["Firefox, Linux", "Sign out on this device", "sid-0", true],
    ["Safari, iPhone", "Sign out on Safari, iPhone", "sid-1", false],
    ["Unknown device", "Sign out on Unknown device", "sid-2", false],
  ]);
  // Where there is no other device, nothing is said of others.
  assert.doesNotMatch(render("account empty"), /sign_out_others|sign_out_everywhere/);
});

Deno.test("renderAccount: when a device was used is told from now, in the page's language", () => {
  const told = (passed: number, language?: Language) => {
    const session = { here: false, created_at: NOW - passed, seen_at: NOW - passed };
    const [, text] = /<time datetime="[^"]*Z">([^<]*)<\/time>/
      .exec(account({}, language, session)) ?? [];
    return text;
  };
  assert.deepEqual(
    [-5, 0, 59, 60, 3599, 3600, 86_399, 86_400, 864_000].map((passed) => told(passed)),
    [
      ...["just now", "just now", "just now"],
      ...["1 minute ago", "59 minutes ago", "1 hour ago", "23 hours ago"],
      ...["1 day ago", "10 days ago"],
    ],
  );
  assert.deepEqual([told(0, "de"), told(7200, "de")], ["gerade eben", "vor 2 Stunden"]);
});

Deno.test("renderLogin: without an application it leads to one's account, and says so", () => {
  assert.ok(render("login without client").includes('<p class="lede">to see your account</p>'));
  assert.ok(render("login").includes('<p class="lede">to continue to Contoso Invoices</p>'));
  const again = "Sign in once more to see your account";
  assert.ok(render("login again without client").includes(`<p class="lede">${again}</p>`));
});

Deno.test("renderHome: leads to one's account and to the metadata", () => {
  const links = [...render("home").matchAll(/<a [^>]*href="([^"]*)"/g)].map(([, href]) => href);
  assert.deepEqual(links, ["/account", "/.well-known/openid-configuration"]);
});

Deno.test("renderError: the element `error` holds the code and the reference", () => {
  const html = render("error server");
  const text = html.slice(html.indexOf('id="error"'));
  assert.match(text, /<code>invalid_request<\/code>[^]*<code>4bf92f3577b34da6<\/code>/);
});

Deno.test("renderError: whose turn it is stands there as a fact, for every explanation", () => {
  const { whose } = messagesOf("en").error;
  for (const explanation of EXPLANATIONS) {
    const fact = `<dt>Whose turn it is</dt><dd><strong>${whose[TURN[explanation]]}</strong></dd>`;
    assert.ok(render(`error ${explanation}`).includes(fact), explanation);
  }
});

Deno.test("renderError: how long to wait is told in seconds", () => {
  assert.match(render("error that passes"), /<p>Wait 12 seconds, then try again\.<\/p>/);
  assert.match(render("error that passes soon"), /<p>Wait a second, then try again\.<\/p>/);
});

Deno.test("renderError: a client without a page of its own is no link, nor is one with a script", () => {
  assert.ok(!/<a /.test(render("error with a client that has no page")));
  const html = renderError(VIEW, {
    code: "x",
    explanation: "interaction_answered",
    trace_id: "x",
    back: { ...CLIENT, client_uri: "javascript:alert(1)" },
  });
  assert.ok(!html.includes("javascript:"));
});

Deno.test("renderDevice: the field takes a code as people copy it, and says nothing of what was typed before", () => {
  const [input = ""] = /<input[^>]*id="user_code"[^>]*>/.exec(render("device")) ?? [];
  for (
    const attribute of [
      'autocomplete="off"',
      'autocapitalize="characters"',
      'spellcheck="false"',
      'inputmode="text"',
      "required",
      "autofocus",
    ]
  ) assert.ok(input.includes(attribute), attribute);
  assert.doesNotMatch(render("device with a code"), /<input[^>]*autofocus/);
  assert.match(render("device wait"), /Wait 12 seconds/);
  assert.doesNotMatch(render("device wait"), /aria-invalid/);
  assert.match(render("device unknown"), /<title>Problem: Connect a device – Site<\/title>/);
});

Deno.test("RFC 8628 §5.4: the page that asks warns before it tells what is asked, and before the first button", () => {
  const html = render("device confirm elsewhere");
  const places = ["Signed in as", "don’t allow it", 'id="elsewhere"', "WDJB-MJHT", "Read invoices"]
    .map((text) => html.indexOf(text));
  assert.deepEqual(places, places.toSorted((a, b) => a - b));
  assert.ok(!places.includes(-1));
  assert.ok(html.indexOf("Read invoices") < html.indexOf("<button"));
  assert.doesNotMatch(render("device confirm"), /id="elsewhere"/);
  assert.doesNotMatch(render("device confirm forbidden"), /value="allow"|class="scopes"/);
  for (const name of ["device approved", "device denied", "device forbidden"]) {
    assert.doesNotMatch(render(name), /<a |<form|http-equiv/, "nobody is sent anywhere");
    assert.match(render(name), /role="status"/);
  }
});
