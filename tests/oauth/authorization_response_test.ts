/** Whether answers arrive with state and iss, and can't be bent by what they carry. */

import assert from "node:assert/strict";
import {
  authorizationResponse,
  errorParameters,
  type ResponseTarget,
} from "../../src/oauth/authorization_response.ts";
import { RESPONSE_MODES, type ResponseMode } from "../../src/oauth/client.ts";
import { OAuthError } from "../../src/oauth/error.ts";
import { matchRedirectUri } from "../../src/oauth/redirect_uri.ts";

const ISSUER = "https://id.example.com";

function target(redirect_uri: string, response_mode: ResponseMode, state?: string): ResponseTarget {
  const proven = matchRedirectUri({ redirect_uris: [redirect_uri] }, redirect_uri);
  assert.ok(proven !== undefined);
  return { redirect_uri: proven, response_mode, state };
}

/** The parameters of an answer, wherever they travel. */
function parametersOf(to: ResponseTarget, parameters: Record<string, string>) {
  const response = authorizationResponse(to, ISSUER, parameters);
  if (!("location" in response)) return response.parameters;
  const { hash, search } = new URL(response.location);
  return Object.fromEntries(
    new URLSearchParams(to.response_mode === "fragment" ? hash.slice(1) : search),
  );
}

Deno.test("RFC 6749 §3.1.2: the query of a redirect URI is kept", () => {
  const location = (uri: string) => {
    const response = authorizationResponse(target(uri, "query", "s"), ISSUER, { code: "c" });
    return "location" in response && response.location;
  };
  const added = "code=c&state=s&iss=https%3A%2F%2Fid.example.com";
  assert.equal(location("https://rp.example.com/cb"), `https://rp.example.com/cb?${added}`);
  assert.equal(location("https://rp.example.com/cb?a=1"), `https://rp.example.com/cb?a=1&${added}`);
  assert.equal(location("com.example.app:/cb"), `com.example.app:/cb?${added}`);
});

Deno.test("OAuth Multiple Response Types §2.1: a fragment comes behind the query", () => {
  const to = target("https://rp.example.com/cb?a=1", "fragment", "s");
  assert.deepEqual(authorizationResponse(to, ISSUER, { code: "c" }), {
    location: "https://rp.example.com/cb?a=1#code=c&state=s&iss=https%3A%2F%2Fid.example.com",
  });
});

Deno.test("OAuth Form Post §2: the parameters are the fields of a form, raw", () => {
  const to = target("https://rp.example.com/cb?a=1", "form_post", '"><script>');
  assert.deepEqual(authorizationResponse(to, ISSUER, { code: "c" }), {
    action: "https://rp.example.com/cb?a=1",
    parameters: { code: "c", state: '"><script>', iss: ISSUER },
  });
});

Deno.test("RFC 9207 §2: iss stands in every answer, success or error, and state where it was given", () => {
  const error = errorParameters(new OAuthError("access_denied", "no"));
  for (const mode of RESPONSE_MODES) {
    for (const parameters of [{ code: "c" }, error]) {
      for (const state of [undefined, "s"]) {
        const sent = parametersOf(target("https://rp.example.com/cb", mode, state), parameters);
        assert.deepEqual(sent, {
          ...parameters,
          ...state === undefined ? {} : { state },
          iss: ISSUER,
        });
      }
    }
  }
});

Deno.test("authorizationResponse: a state can't add parameters, end the URI or begin a header", () => {
  for (const state of ["&iss=evil", "#", "a&code=x", "a=b;c", "+ %20", "~!*'()", '"<>']) {
    for (const mode of RESPONSE_MODES) {
      const sent = parametersOf(target("https://rp.example.com/cb", mode, state), { code: "c" });
      assert.deepEqual(sent, { code: "c", state, iss: ISSUER });
    }
  }
});

Deno.test("authorizationResponse: parameters never replace state and iss", () => {
  const sent = parametersOf(target("https://rp.example.com/cb", "query", "s"), {
    iss: "https://evil.example",
    state: "other",
  });
  assert.deepEqual(sent, { iss: ISSUER, state: "s" });
});

Deno.test("RFC 6749 §4.1.2.1: an error has its code and description and nothing of the log's detail", () => {
  const error = new OAuthError("invalid_scope", "scope is malformed", { secret: "x" });
  assert.deepEqual(errorParameters(error), {
    error: "invalid_scope",
    error_description: "scope is malformed",
  });
});
