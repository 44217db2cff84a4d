/** Whether tokens are for the APIs that were asked for and allowed, and for no other. */

import assert from "node:assert/strict";
import { audience, parseResource, validateResource } from "../../src/oauth/resource.ts";
import { refused } from "../support/refusal.ts";

const INVOICES = "https://api.example.com";
const CALENDAR = "https://calendar.example.com";
const SERVER = {
  issuer: "https://id.example.com",
  resources: [
    { resource: INVOICES, scopes: ["invoices.read", "invoices.write", "shared"] },
    { resource: CALENDAR, scopes: ["calendar.read", "shared"] },
    { resource: "https://empty.example.com", scopes: [] },
  ],
};

Deno.test("RFC 8707 §2: an unknown resource is invalid_target", () => {
  const known = [INVOICES, CALENDAR];
  assert.deepEqual(parseResource([], known), []);
  assert.deepEqual(parseResource([CALENDAR, INVOICES, CALENDAR], known), [CALENDAR, INVOICES]);
  for (
    const resource of [
      "https://evil.example",
      `${INVOICES}/`,
      `${INVOICES}#`,
      INVOICES.toUpperCase(),
      "x",
      "__proto__",
    ]
  ) refused("invalid_target", () => parseResource([INVOICES, resource], known));
});

Deno.test("RFC 9068 §3: without requested resources a token is for every API that a scope leads to, or for the server", () => {
  const table: readonly [scope: string[], aud: string[]][] = [
    [[], [SERVER.issuer]],
    [["openid", "profile"], [SERVER.issuer]],
    [["openid", "invoices.read"], [INVOICES]],
    [["invoices.read", "invoices.write"], [INVOICES]],
    [["invoices.read", "calendar.read"], [INVOICES, CALENDAR]],
    [["shared"], [INVOICES, CALENDAR]],
  ];
  for (const [scope, aud] of table) assert.deepEqual(audience(SERVER, scope, []), { aud, scope });
});

Deno.test("RFC 8707 §2.2: requested resources narrow the audience and the scopes", () => {
  const scope = ["openid", "invoices.read", "calendar.read", "shared"];
  assert.deepEqual(audience(SERVER, scope, [INVOICES]), {
    aud: [INVOICES],
    scope: ["openid", "invoices.read", "shared"],
  });
  assert.deepEqual(audience(SERVER, scope, [CALENDAR, INVOICES]), {
    aud: [CALENDAR, INVOICES],
    scope,
  });
});

Deno.test("RFC 9700 §2.3: no token is for an API that none of its scopes leads to", () => {
  assert.deepEqual(audience(SERVER, ["openid"], [INVOICES]), {
    aud: [SERVER.issuer],
    scope: ["openid"],
  });
  assert.deepEqual(audience(SERVER, [], [INVOICES]), { aud: [SERVER.issuer], scope: [] });
  assert.deepEqual(audience(SERVER, ["invoices.read"], [INVOICES, CALENDAR]), {
    aud: [INVOICES],
    scope: ["invoices.read"],
  });
  assert.deepEqual(audience(SERVER, ["invoices.read"], [CALENDAR]), {
    aud: [SERVER.issuer],
    scope: [],
  });
});

Deno.test("RFC 8707 §2: a resource that no requested scope leads to is invalid_target", () => {
  const known = [{ resource: INVOICES, scopes: ["invoices.read"] }, {
    resource: "https://b",
    scopes: [],
  }];
  validateResource(known, ["openid", "invoices.read"], [INVOICES]);
  validateResource(known, ["openid"], []);
  refused("invalid_target", () => validateResource(known, ["openid"], [INVOICES]));
  refused(
    "invalid_target",
    () => validateResource(known, ["invoices.read"], [INVOICES, "https://b"]),
  );
});
