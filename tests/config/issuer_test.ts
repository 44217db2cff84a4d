/** Which issuers are accepted. */

import assert from "node:assert/strict";
import { issuerProblem } from "../../src/config/validate_server.ts";

const ACCEPTED = [
  "https://id.example.com",
  "https://id.example.com:8443",
  "https://id.example.com/tenant/a",
  "http://localhost:9000",
  "http://127.0.0.1:9000",
  "http://127.1.2.3",
  "http://[::1]:9000/sso",
];

const REFUSED: Record<string, string> = {
  "": "expected an absolute URL such as https://id.example.com",
  "id.example.com": "expected an absolute URL such as https://id.example.com",
  "/sso": "expected an absolute URL such as https://id.example.com",
  "ftp://id.example.com": "expected an https URL",
  "javascript:alert(1)": "expected an https URL",
  "http://id.example.com": "http is for loopback alone; use https",
  "http://localhost.example.com": "http is for loopback alone; use https",
  "http://10.0.0.1": "http is for loopback alone; use https",
  "http://127.0.0.1.example.com": "http is for loopback alone; use https",
  "https://alice@id.example.com": "can't have a user name or password",
  "https://alice:hunter2@id.example.com": "can't have a user name or password",
  "https://id.example.com?": "can't have a query",
  "https://id.example.com?a=b": "can't have a query",
  "https://id.example.com#": "can't have a fragment",
  "https://id.example.com#a": "can't have a fragment",
  "https://id.example.com/": "can't end with a slash",
  "https://id.example.com/a/": "can't end with a slash",
  "https://ID.example.com": "is not in normal form; write https://id.example.com",
  "HTTPS://id.example.com": "is not in normal form; write https://id.example.com",
  "https://id.example.com:443": "is not in normal form; write https://id.example.com",
  "https://id.example.com/a/../b": "is not in normal form; write https://id.example.com/b",
  "https://id.example.com\\a": "is not in normal form; write https://id.example.com/a",
  " https://id.example.com": "is not in normal form; write https://id.example.com",
  "https://bücher.example": "is not in normal form; write https://xn--bcher-kva.example",
  "http://0x7f.1": "is not in normal form; write http://127.0.0.1",
};

Deno.test("RFC 8414 §2: an issuer is https (http on loopback), without query, fragment and final slash", () => {
  for (const issuer of ACCEPTED) assert.equal(issuerProblem(issuer), undefined, issuer);
});

for (const [issuer, problem] of Object.entries(REFUSED)) {
  Deno.test(`RFC 8414 §2: ${JSON.stringify(issuer)} is no issuer`, () => {
    assert.equal(issuerProblem(issuer), problem);
  });
}
