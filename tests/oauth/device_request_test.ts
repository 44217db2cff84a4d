/** What a device may ask for, and how it is told that it may not (RFC 8628 §3.1). */

import assert from "node:assert/strict";
import { DEVICE_CODE, type GrantType } from "../../src/oauth/client.ts";
import { parseDeviceRequest } from "../../src/oauth/device_request.ts";
import { readParameters } from "../../src/oauth/parameters.ts";
import { refused } from "../support/refusal.ts";

const API = "https://api.example.com";
const CALENDAR = "https://calendar.example.com";

const server = {
  scopes: new Set(["openid", "profile", "offline_access", "invoices.read", "calendar.read"]),
  resources: [
    { resource: API, scopes: ["invoices.read"] },
    { resource: CALENDAR, scopes: ["calendar.read"] },
  ],
};

function ask(encoded: string, grant_types: readonly GrantType[] = [DEVICE_CODE]) {
  const scope = ["openid", "offline_access", "invoices.read", "calendar.read"];
  return parseDeviceRequest(server, { grant_types, scope }, readParameters(encoded));
}

Deno.test("RFC 8628 §3.1: a scope is all that it takes, each name once", () => {
  assert.deepEqual(ask("scope=openid+invoices.read+openid"), {
    scope: ["openid", "invoices.read"],
    resource: [],
  });
});

Deno.test("RFC 6749 §5.2: a client without the grant type is unauthorized_client, whatever else is wrong", () => {
  refused("unauthorized_client", () => ask("scope=openid", ["authorization_code"]));
  refused("unauthorized_client", () => ask("scope=%22", ["refresh_token"]));
});

Deno.test("RFC 6749 §3.3: no scope, a malformed one and those of others are invalid_scope", () => {
  for (const text of ["", "scope=", "scope=a++b", "scope=+openid", "scope=%22", "scope=unknown"]) {
    refused("invalid_scope", () => ask(text));
  }
  refused("invalid_scope", () => ask("scope=openid+profile"));
  refused("invalid_request", () => ask(`scope=${"a".repeat(4097)}`));
  refused("invalid_request", () => ask("scope=a%00"));
});

Deno.test("OpenID Connect Core §3.1.2.1: unknown scopes beside known ones are ignored", () => {
  assert.deepEqual(ask("scope=openid+unknown").scope, ["openid"]);
});

Deno.test("OpenID Connect Core §11: offline_access is ignored where no refresh token may follow", () => {
  const text = "scope=openid+offline_access";
  assert.deepEqual(ask(text).scope, ["openid"]);
  assert.deepEqual(ask(text, [DEVICE_CODE, "refresh_token"]).scope, ["openid", "offline_access"]);
});

Deno.test("RFC 8707 §2: resources are known, and a scope leads to each", () => {
  const scope = "scope=openid+invoices.read+calendar.read";
  const resource = (name: string) => `&resource=${encodeURIComponent(name)}`;
  assert.deepEqual(ask(scope + resource(CALENDAR) + resource(API) + resource(CALENDAR)).resource, [
    CALENDAR,
    API,
  ]);
  refused("invalid_target", () => ask(scope + resource("https://other.example.com")));
  refused("invalid_target", () => ask(`scope=invoices.read${resource(CALENDAR)}`));
});
