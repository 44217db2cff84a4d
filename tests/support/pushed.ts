/** Requests that clients push before they send the person (RFC 9126). */

import assert from "node:assert/strict";
import { type Answer, type Fields, post, proofOf, REQUEST } from "./flow.ts";
import type { TestServer } from "./server.ts";

type Http = Pick<TestServer, "fetch" | "issuer">;

/** Where clients push. */
export const PAR = "/connect/par";

/** Pushes the request of `authorizeUrl`, with these changes, as one of the test clients. */
export function push(server: Http, client_id = "spa", changes: Fields = {}): Promise<Answer> {
  const { form, headers } = proofOf(client_id);
  return post(server, PAR, { ...REQUEST, ...form, client_id, ...changes }, headers);
}

/** The `request_uri` of a push that must be a success. */
export function requestUriOf({ status, body }: Answer): string {
  assert.equal(status, 201, JSON.stringify(body));
  return String(body["request_uri"]);
}

/** The address to which a client sends the person, with more parameters where a test has some. */
export function pushedUrl(
  { issuer }: Pick<TestServer, "issuer">,
  request_uri: string,
  outer: Readonly<Record<string, string>> = {},
): URL {
  const url = new URL(`${issuer}/connect/authorize`);
  url.search = `${new URLSearchParams({ client_id: "spa", request_uri, ...outer })}`;
  return url;
}

/** Pushes, and answers the address that follows. */
export async function pushedFor(
  server: Http,
  client_id = "spa",
  changes: Fields = {},
): Promise<URL> {
  const request_uri = requestUriOf(await push(server, client_id, changes));
  return pushedUrl(server, request_uri, { client_id });
}
