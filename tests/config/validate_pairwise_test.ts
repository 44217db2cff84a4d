/** Which configurations of pairwise subjects are refused. */

import assert from "node:assert/strict";
import { problemsOf } from "../support/config_files.ts";

const RP = "token_endpoint_auth_method: none, redirect_uris:";

function yaml(tokens: string, ...clients: readonly string[]): string {
  const lines = clients.map((members, index) =>
    `  - {client_id: c${index}, subject_type: pairwise, ${members}}`
  );
  return ["issuer: http://127.0.0.1:9000", `tokens: {${tokens}}`, "clients:", ...lines, ""]
    .join("\n");
}

const SALT = "pairwise_salt: {env: SALT}";

async function problems(text: string, salt = "0123456789abcdef"): Promise<string[]> {
  return (await problemsOf(text, { SALT: salt })).map((text) => text.replace(/^c.yaml:\S+ /, ""));
}

Deno.test("OpenID Connect Core §8.1: one host, or an https sector_identifier_uri", async () => {
  const needed =
    "sector_identifier_uri: needed where subject_type is pairwise and redirect_uris have not one host alone";
  const text = yaml(
    SALT,
    `${RP} ["https://a.example/1", "https://a.example:444/2"]`,
    `${RP} ["https://a.example/1", "https://b.example/2"]`,
    `${RP} ["com.example.app:/callback"]`,
    `${RP} ["https://a.example/", "https://b.example/"], sector_identifier_uri: "https://c.example/"`,
    `${RP} ["https://a.example/"], sector_identifier_uri: "http://c.example/"`,
  );
  assert.deepEqual(await problems(text), [
    `clients[1].${needed}`,
    `clients[2].${needed}`,
    "clients[4].sector_identifier_uri: expected an https URL",
  ]);
});

Deno.test("OpenID Connect Core §8.1: pairwise needs a salt that nobody guesses", async () => {
  const client = `${RP} ["https://a.example/"]`;
  assert.deepEqual(await problems(yaml("", client)), [
    "clients[0].subject_type: pairwise needs tokens.pairwise_salt",
  ]);
  assert.deepEqual(await problems(yaml(SALT, client), "0123456789abcde"), [
    "tokens.pairwise_salt: expected at least 16 characters, as `latchkey generate-secret` makes",
  ]);
  assert.deepEqual(await problems(yaml(SALT, client)), []);
});
