/** What a device does in tests (RFC 8628): asks for codes, and polls; and the configuration that has one. */

import assert from "node:assert/strict";
import { type Agent, agent, logIn, type Visit } from "./agent.ts";
import { RAW_CONFIG, type RawConfig } from "./config.ts";
import { type Answer, type Fields, pageOf, post, requestToken } from "./flow.ts";
import type { TestServer } from "./server.ts";

type Http = Pick<TestServer, "fetch" | "issuer">;

/** The grant type of devices. */
export const DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code";

/** The client of `withDevice`: public, as devices are. */
export const TV: RawConfig = {
  client_id: "tv",
  client_name: "Living Room TV",
  token_endpoint_auth_method: "none",
  grant_types: [DEVICE_CODE, "refresh_token"],
  scope: "openid profile offline_access invoices.read",
};

/** The clients of `RAW_CONFIG`, and the client `tv`, with these members. */
export function withDevice(members: RawConfig = {}): RawConfig {
  return { clients: [...RAW_CONFIG["clients"] as RawConfig[], { ...TV, ...members }] };
}

/** The answer to a device (RFC 8628 §3.2). */
export interface DeviceCodes {
  readonly device_code: string;
  readonly user_code: string;
  readonly verification_uri: string;
  readonly verification_uri_complete: string;
  readonly expires_in: number;
  readonly interval: number;
}

/** Has the client `tv` ask for codes. */
export async function askForCodes(server: Http, form: Fields = {}): Promise<DeviceCodes> {
  const { status, body } = await post(server, "/connect/deviceauthorization", {
    client_id: "tv",
    scope: "openid profile",
    ...form,
  });
  assert.equal(status, 200, JSON.stringify(body));
  return body as unknown as DeviceCodes;
}

/** Polls once. */
export function pollOnce(
  server: Http,
  { device_code }: Pick<DeviceCodes, "device_code">,
  client_id = "tv",
): Promise<Answer> {
  return requestToken(server, client_id, { grant_type: DEVICE_CODE, device_code });
}

/** Opens /device and types in a code; answers what comes then. */
export async function typeIn(browser: Agent, user_code: string): Promise<Visit> {
  return await browser.submit(await browser.open("/device"), { user_code });
}

/** As `typeIn`, and logs in where that is asked: answers the page that asks. */
export async function toQuestion(
  browser: Agent,
  { user_code }: Pick<DeviceCodes, "user_code">,
  username = "alice",
): Promise<Visit> {
  let visit = await typeIn(browser, user_code);
  if (pageOf(visit) === "login") visit = await logIn(browser, visit, username);
  assert.equal(pageOf(visit), "confirm", visit.html);
  return visit;
}

/** A person opens the page in a browser, logs in where that is asked, and answers the device. */
export async function answerDevice(
  server: Http,
  codes: Pick<DeviceCodes, "user_code">,
  { action = "allow", username = "alice", browser = agent(server) }: {
    readonly action?: "allow" | "deny";
    readonly username?: string;
    readonly browser?: Agent;
  } = {},
): Promise<Agent> {
  const done = await browser.submit(await toQuestion(browser, codes, username), { action });
  assert.match(done.html, /id="device-done"/);
  return browser;
}

/** Codes that a person has allowed. */
export async function allowedCodes(server: Http, form: Fields = {}): Promise<DeviceCodes> {
  const codes = await askForCodes(server, form);
  await answerDevice(server, codes);
  return codes;
}
