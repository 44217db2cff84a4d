/** Every secret that goes over the wire between a server and those who use it, both ways. */

import type { TestServer } from "./server.ts";

/** What is secret, by its name on the wire. */
const SECRET_FIELDS = [
  "code",
  "device_code",
  "code_verifier",
  "access_token",
  "refresh_token",
  "id_token",
  "id_token_hint",
  "request",
  "token",
  "client_secret",
  "client_assertion",
  "password",
  "csrf_token",
  "interaction",
  "request_uri",
] as const;

/** A server whose wire somebody listens to. */
export interface TappedServer extends TestServer {
  /** Each secret that was ever seen, and what it was called. */
  readonly seen: ReadonlyMap<string, string>;
}

/** Listens to a server in process. Whoever gets its responses can still read them. */
export function eavesdrop(server: TestServer): TappedServer {
  const seen = new Map<string, string>();
  const note = (name: string, value: string | null | undefined) => {
    // What stands before the handle of a pushed request is known to everybody.
    if (value) seen.set(value.replace("urn:ietf:params:oauth:request_uri:", ""), name);
  };
  const noteFields = (fields: URLSearchParams) => {
    for (const name of SECRET_FIELDS) for (const value of fields.getAll(name)) note(name, value);
  };

  async function noteRequest(request: Request): Promise<void> {
    noteFields(new URL(request.url).searchParams);
    noteFields(new URLSearchParams(await request.text()));
    const [scheme, credentials = ""] = (request.headers.get("Authorization") ?? "").split(" ");
    if (scheme === "Basic") note("client_secret", atob(credentials).replace(/^[^:]*:/, ""));
    if (scheme === "Bearer") note("access_token", credentials);
    for (const cookie of request.headers.get("Cookie")?.split("; ") ?? []) {
      note("cookie", cookie.slice(cookie.indexOf("=") + 1));
    }
  }

  async function noteResponse(response: Response): Promise<void> {
    for (const cookie of response.headers.getSetCookie()) {
      note("cookie", cookie.slice(cookie.indexOf("=") + 1).split(";")[0]);
    }
    const location = response.headers.get("Location");
    if (location !== null) {
      const { searchParams, hash } = new URL(location);
      noteFields(searchParams);
      noteFields(new URLSearchParams(hash.slice(1)));
    }
    const text = await response.text();
    for (const [, name = "", value] of text.matchAll(/"(\w+)":"([^"]*)"/g)) {
      if (SECRET_FIELDS.some((one) => one === name)) note(name, value);
    }
    for (const [input] of text.matchAll(/<input[^>]*>/g)) {
      const [, name = ""] = /name="([^"]*)"/.exec(input) ?? [];
      const [, value] = /value="([^"]*)"/.exec(input) ?? [];
      if (SECRET_FIELDS.some((one) => one === name)) note(name, value);
    }
  }

  return {
    ...server,
    seen,
    async fetch(input, init) {
      const request = input instanceof Request
        ? input
        : new Request(new URL(input, server.issuer), init);
      await noteRequest(request.clone());
      const response = await server.fetch(request);
      await noteResponse(response.clone());
      return response;
    },
  };
}
