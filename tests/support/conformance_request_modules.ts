/** What those modules of the OpenID Foundation's plans do that are about request objects (OpenID Connect Core §6, RFC 9101). */

import { agent } from "./agent.ts";
import { type Op, SUITE } from "./conformance.ts";
import { checkErrorResponse } from "./conformance_checks.ts";
import { arrive, complete, requestOf } from "./conformance_flow.ts";
import type { Module } from "./conformance_modules.ts";
import type { Fields } from "./flow.ts";

/** Where the suite serves request objects. */
export const REQUEST_URI = `${SUITE}/requesturi`;

/** The claims of a request object that is the whole request. */
function objectClaims(op: Op, request: Fields): Record<string, unknown> {
  return { ...request, iss: op.clients.client.client_id, aud: op.issuer };
}

/** A request as an object that the client has signed. */
export function signedObject(op: Op, request: Fields): Promise<string> {
  return op.clients.client.key.sign(objectClaims(op, request));
}

/** A request as an object that nobody has signed (RFC 7519 §6). */
export function unsignedObject(op: Op, request: Fields): string {
  const part = (value: object) => btoa(JSON.stringify(value)).replace(/=+$/, "");
  return `${part({ alg: "none" })}.${part(objectClaims(op, request))}.`;
}

/** What the suite sends beside an object: what OAuth requires, and a redirect URI that may not be used. */
export function beside(request: Fields): Fields {
  const { client_id, response_type, scope } = request;
  return { client_id, response_type, scope, redirect_uri: `${SUITE}/${crypto.randomUUID()}` };
}

/** The modules by their names in the suite. */
export const REQUEST_MODULES = {
  "oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported": {
    rule:
      "a request_uri is refused as not supported where none is registered, and nothing is fetched",
    async run(op) {
      const request = requestOf(op, { request_uri: `${REQUEST_URI}#hash` });
      const { parameters } = await arrive(op, agent(op), request);
      checkErrorResponse(op, parameters, request, "request_uri_not_supported");
    },
  },
  "oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported": {
    rule: "a request object that nobody signed is refused, and never ignored",
    async run(op) {
      const request = requestOf(op);
      const sent = { ...request, request: unsignedObject(op, request) };
      const { parameters } = await arrive(op, agent(op), request, sent);
      checkErrorResponse(op, parameters, request, "invalid_request_object");
    },
  },
  "oidcc-ensure-request-object-with-redirect-uri": {
    rule: "what stands in a signed request object counts, and the redirect URI beside it does not",
    async run(op) {
      const request = requestOf(op);
      const sent = { ...beside(request), request: await signedObject(op, request) };
      await complete(op, request, await arrive(op, agent(op), request, sent));
    },
  },
} satisfies Readonly<Record<string, Module>>;
