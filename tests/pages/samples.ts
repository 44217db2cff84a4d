/** Every page in every state, for tests that must see them all. */

import type { Client } from "../../src/oauth/client.ts";
import {
  type AccountPage,
  renderAccount,
  type ShownApplication,
} from "../../src/pages/account.tsx";
import type { ShownClient } from "../../src/pages/client.tsx";
import { renderChecked } from "../../src/pages/checked.tsx";
import { type ConsentPage, renderConsent } from "../../src/pages/consent.tsx";
import { type DevicePage, renderDevice } from "../../src/pages/device.tsx";
import { type DeviceConfirmPage, renderDeviceConfirm } from "../../src/pages/device_confirm.tsx";
import { renderDeviceDone } from "../../src/pages/device_done.tsx";
import { type ErrorPage, type Explanation, renderError } from "../../src/pages/error.tsx";
import { renderFormPost } from "../../src/pages/form_post.tsx";
import { renderLoggedOut } from "../../src/pages/logged_out.tsx";
import { renderHome } from "../../src/pages/home.tsx";
import { messagesOf, type View } from "../../src/pages/language.ts";
import { type LoginPage, renderLogin } from "../../src/pages/login.tsx";
import type { ShownSession } from "../../src/pages/sessions.tsx";

import { type LogoutPage, renderLogout } from "../../src/pages/logout.tsx";

/** The nonce of the page that has a script. */
export const NONCE = "bm9uY2UtZm9yLXRlc3Rz";

/** A client with everything that a page can show of one, save a logo. */
export const CLIENT: ShownClient = {
  client_id: "invoices",
  client_name: "Contoso Invoices",
  client_uri: "https://invoices.example.com/",
  logo_uri: undefined,
  policy_uri: "https://invoices.example.com/privacy",
  tos_uri: "https://invoices.example.com/terms",
} satisfies Partial<Client>;

const login: LoginPage = {
  action: "/account/login",
  interaction: "ia_0123",
  csrf_token: "csrf_0123",
  client: CLIENT,
  reauthenticate: false,
};

const consent: ConsentPage = {
  action: "/account/consent",
  interaction: "ia_0123",
  csrf_token: "csrf_0123",
  client: CLIENT,
  user: { name: "Alice Adams" },
  scopes: [
    { name: "openid", kind: "identity" },
    { name: "offline_access", kind: "offline" },
    { name: "profile", kind: "identity" },
    { name: "email", kind: "identity" },
    { name: "invoices.read", display_name: "Read invoices", kind: "api" },
  ],
  remember: true,
  redirect_host: "invoices.example.com",
};

/** An application that a person allowed all that `CLIENT` asks; first a second before midnight, then at midnight UTC. */
export const APPLICATION: ShownApplication = {
  client: CLIENT,
  scopes: consent.scopes,
  since: 1_709_423_999,
  used_at: 1_709_424_000,
  offline: true,
  remembered: true,
};

/** When the pages are looked at. */
export const NOW = 1_709_424_000;

/** This browser's session, begun a moment ago. */
export const SESSION: ShownSession = {
  sid: "sid-0",
  device: "Firefox, Linux",
  created_at: NOW - 59,
  seen_at: NOW,
  here: true,
};

const account: AccountPage = {
  action: "/account",
  csrf_token: "csrf_0123",
  user: { name: "Alice Adams" },
  applications: [
    APPLICATION,
    {
      ...APPLICATION,
      client: { client_id: "web-shop", client_name: "Web Shop" },
      offline: false,
      remembered: false,
    },
    {
      ...APPLICATION,
      client: { client_id: "https://notes.example.com/a-client-without-a-name" },
      used_at: undefined,
      offline: false,
    },
  ],
  sessions: [
    SESSION,
    {
      ...SESSION,
      sid: "sid-1",
      device: "Safari, iPhone",
      created_at: NOW - 4 * 3600,
      seen_at: NOW - 60,
      here: false,
    },
    { ...SESSION, sid: "sid-2", device: "", created_at: NOW - 86_400, here: false },
  ],
  now: NOW,
};

const logout: LogoutPage = {
  action: "/account/logout",
  interaction: "ia_0123",
  csrf_token: "csrf_0123",
  client: CLIENT,
  user: { name: "Alice Adams" },
};

const device: DevicePage = { action: "/device", csrf_token: "csrf_0123" };

const deviceConfirm: DeviceConfirmPage = {
  action: "/device/confirm",
  interaction: "ia_0123",
  csrf_token: "csrf_0123",
  client: { client_id: "tv", client_name: "Living Room TV" },
  user: { name: "Alice Adams" },
  allowed: true,
  user_code: "WDJB-MJHT",
  scopes: consent.scopes,
  elsewhere: false,
  login: "/account/login?interaction=ia_0123",
};

/** Every explanation that an error page can give. */
export const EXPLANATIONS = Object.keys(messagesOf("en").error.explanation) as Explanation[];

const ERROR: ErrorPage = {
  code: "invalid_request",
  explanation: "interaction_answered",
  trace_id: "4bf92f3577b34da6a3ce929d0e0e4736",
};

const PASSING: ErrorPage = {
  ...ERROR,
  code: "temporarily_unavailable",
  explanation: "too_many",
};

/** Each page by name, as HTML. */
export const SAMPLES: Readonly<Record<string, (view: View) => string>> = {
  home: (view) =>
    renderHome(view, { metadata: "/.well-known/openid-configuration", account: "/account" }),
  "home with devices": (view) =>
    renderHome(view, {
      metadata: "/.well-known/openid-configuration",
      account: "/account",
      device: "/device",
    }),
  login: (view) => renderLogin(view, login),
  "login without client": (view) =>
    renderLogin(view, { ...login, client: undefined, username: "alice" }),
  "login with a logo": (view) =>
    renderLogin(view, { ...login, client: { ...CLIENT, logo_uri: "https://nowhere.invalid/x" } }),
  "login wrong": (view) =>
    renderLogin(view, { ...login, username: "alice", problem: { kind: "wrong" } }),
  "login empty": (view) => renderLogin(view, { ...login, problem: { kind: "empty" } }),
  "login wait": (view) =>
    renderLogin(view, { ...login, username: "alice", problem: { kind: "wait", seconds: 12 } }),
  "login current": (view) => renderLogin(view, { ...login, current: { name: "Alice Adams" } }),
  "login again": (view) => renderLogin(view, { ...login, username: "alice", reauthenticate: true }),
  "login again without client": (view) =>
    renderLogin(view, { ...login, client: undefined, reauthenticate: true }),
  consent: (view) => renderConsent(view, consent),
  "consent all": (view) =>
    renderConsent(view, {
      ...consent,
      remember: false,
      client: { ...CLIENT, client_name: undefined, client_uri: undefined },
      scopes: [
        ...["openid", "profile", "email", "address", "phone", "groups"]
          .map((name) => ({ name, kind: "identity" }) as const),
        { name: "invoices.read", kind: "api" },
        { name: "offline_access", kind: "offline" },
      ],
    }),
  account: (view) => renderAccount(view, account),
  "account with one": (view) =>
    renderAccount(view, { ...account, applications: [APPLICATION], sessions: [SESSION] }),
  "account empty": (view) =>
    renderAccount(view, { ...account, applications: [], sessions: [SESSION] }),
  "account signed out of one": (view) => renderAccount(view, { ...account, signed_out: "one" }),
  "account signed out": (view) =>
    renderAccount(view, { ...account, sessions: [SESSION], signed_out: "others" }),
  "account removed": (view) =>
    renderAccount(view, {
      ...account,
      applications: account.applications.slice(1),
      removed: { name: "Contoso Invoices", asks: true },
    }),
  "account with devices": (view) => renderAccount(view, { ...account, device: "/device" }),
  device: (view) => renderDevice(view, device),
  "device with a code": (view) => renderDevice(view, { ...device, user_code: "WDJB-MJHT" }),
  "device malformed": (view) =>
    renderDevice(view, { ...device, user_code: "1234-ABCD", problem: { kind: "malformed" } }),
  "device unknown": (view) =>
    renderDevice(view, { ...device, user_code: "WDJB-MJHT", problem: { kind: "unknown" } }),
  "device wait": (view) =>
    renderDevice(view, {
      ...device,
      user_code: "WDJB-MJHT",
      problem: { kind: "wait", seconds: 12 },
    }),
  "device confirm": (view) => renderDeviceConfirm(view, deviceConfirm),
  "device confirm elsewhere": (view) =>
    renderDeviceConfirm(view, { ...deviceConfirm, client: CLIENT, elsewhere: true }),
  "device confirm forbidden": (view) =>
    renderDeviceConfirm(view, { ...deviceConfirm, allowed: false }),
  "device approved": (view) =>
    renderDeviceDone(view, { client: deviceConfirm.client, answer: "approved" }),
  "device denied": (view) =>
    renderDeviceDone(view, { client: deviceConfirm.client, answer: "denied" }),
  "device forbidden": (view) =>
    renderDeviceDone(view, { client: deviceConfirm.client, answer: "forbidden" }),
  logout: (view) => renderLogout(view, logout),
  "logout without client": (view) => renderLogout(view, { ...logout, client: undefined }),
  "logged out": (view) => renderLoggedOut(view, { frames: [] }),
  "logged out with a way back": (view) =>
    renderLoggedOut(view, { after: { client: CLIENT, url: "/bye" }, frames: [] }),
  "logged out while clients are told": (view) =>
    renderLoggedOut(view, {
      after: { client: CLIENT, url: "/bye" },
      frames: ["https://nowhere.invalid/logout"],
      nonce: NONCE,
    }),
  "form post": (view) =>
    renderFormPost(view, {
      action: "/callback",
      parameters: { code: "ac_0123", state: "xyz", iss: "https://id.example.com" },
      nonce: NONCE,
    }),
  ...Object.fromEntries(EXPLANATIONS.map((explanation) => [
    `error ${explanation}`,
    (view: View) =>
      renderError(view, { code: "invalid_request", explanation, trace_id: "4bf92f3577b34da6" }),
  ])),
  "error with a way back": (view) => renderError(view, { ...ERROR, back: CLIENT }),
  "error with a client that has no page": (view) =>
    renderError(view, { ...ERROR, back: { ...CLIENT, client_uri: undefined } }),
  "error of a refused request": (view) =>
    renderError(view, { ...ERROR, explanation: "redirect_uri", check: "/check?request=0123" }),
  checked: (view) => renderChecked(view, { trace_id: ERROR.trace_id }),
  "error that passes": (view) => renderError(view, { ...PASSING, retry_after: 12 }),
  "error that passes soon": (view) => renderError(view, { ...PASSING, retry_after: 1 }),
};
