/** Whether what is said of devices has to mean something (RFC 8628 §3.2). */

import assert from "node:assert/strict";
import { load, problemsOf } from "../support/config_files.ts";

const ISSUER = "issuer: http://127.0.0.1:9000\n";
const DEVICE = "urn:ietf:params:oauth:grant-type:device_code";
const TV = `token_endpoint_auth_method: none, grant_types: ["${DEVICE}"]`;

Deno.test("RFC 8628 §3.1: a device needs no redirect URI, and may have refresh tokens", async () => {
  assert.deepEqual(
    await problemsOf(`${ISSUER}clients:
  - {client_id: a, ${TV}, scope: openid}
  - {client_id: b, ${
      TV.replace("]", ", refresh_token]")
    }, scope: openid offline_access, device_code_lifetime: 1h, device_polling_interval: 60s}
`),
    [],
  );
});

Deno.test("RFC 8628 §3.1: a device that wants an authorization response needs what that needs", async () => {
  assert.deepEqual(
    await problemsOf(`${ISSUER}clients:
  - {client_id: a, ${TV}, response_types: [code]}
  - {client_id: b, ${TV}, scope: offline_access}
`),
    [
      "c.yaml:3:134: clients[0].response_types[0]: response type code needs grant type authorization_code",
      "c.yaml:4:124: clients[1].scope: scope offline_access needs grant type refresh_token",
    ],
  );
});

Deno.test("RFC 8628 §3.2: codes that end before the second poll, too long ones, and none at all are refused", async () => {
  assert.deepEqual(
    await problemsOf(`${ISSUER}tokens:
  device_code_lifetime: 30s
  device_polling_interval: 30s
clients:
  - {client_id: a, ${TV}}
  - {client_id: b, ${TV}, device_code_lifetime: 31s}
  - {client_id: c, ${TV}, device_code_lifetime: 20s}
  - {client_id: d, ${TV}, device_code_lifetime: 20s, device_polling_interval: 20s}
  - {client_id: e, ${TV}, device_polling_interval: 29s}
`),
    [
      "c.yaml:4:28: tokens.device_polling_interval: devices would poll every 30 s, but their codes live for 30 s",
      "c.yaml:8:139: clients[2].device_code_lifetime: devices would poll every 30 s, but their codes live for 20 s",
      "c.yaml:9:169: clients[3].device_polling_interval: devices would poll every 20 s, but their codes live for 20 s",
    ],
  );
  assert.deepEqual(
    await problemsOf(`${ISSUER}clients:
  - {client_id: a, ${TV}, device_code_lifetime: 3601s, device_polling_interval: 61s}
  - {client_id: b, ${TV}, device_code_lifetime: 0s, device_polling_interval: 0s}
`).then((problems) => problems.map((text) => text.replace(/^c.yaml:\d+:\d+: /, ""))),
    [
      "clients[0].device_code_lifetime: expected at most 1h",
      "clients[0].device_polling_interval: expected at most 60s",
      "clients[1].device_code_lifetime: expected a duration longer than zero",
      "clients[1].device_polling_interval: expected a duration longer than zero",
    ],
  );
});

Deno.test("RFC 8628 §3.2: what only devices have a use for is a warning where there are none", async () => {
  const { warnings, problems } = await load({
    "c.yaml": `${ISSUER}clients:
  - client_id: a
    grant_types: [client_credentials]
    client_secrets: [{value: demo-a}]
    device_code_lifetime: 5s
    device_polling_interval: 9s
`,
  });
  assert.deepEqual(problems, []);
  assert.deepEqual(warnings, [
    `c.yaml:6:27: clients[0].device_code_lifetime: has no effect without grant type ${DEVICE}`,
    `c.yaml:7:30: clients[0].device_polling_interval: has no effect without grant type ${DEVICE}`,
  ]);
});
