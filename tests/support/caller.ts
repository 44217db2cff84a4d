/** A server as it looks from somewhere: behind a proxy that says where a request comes from. */

import type { TestServer } from "./server.ts";

/** What is needed to speak to a server. */
export type Http = Pick<TestServer, "fetch" | "issuer">;

/** The server with `X-Forwarded-For` in each request; believed where 127.0.0.1 is among its `trusted_proxies`. */
export function from({ fetch, issuer }: Http, forwarded: string): Http {
  return {
    issuer,
    fetch(input, init = {}) {
      const headers = new Headers(init.headers);
      headers.set("X-Forwarded-For", forwarded);
      return fetch(input, { ...init, headers });
    },
  };
}

/** Some calls, each with its number. */
export function times<A>(count: number, make: (n: number) => A): A[] {
  return Array.from({ length: count }, (_, n) => make(n));
}

/** How often each status was answered. */
export async function statuses(
  answers: Iterable<Promise<Response>>,
): Promise<Record<number, number>> {
  const counts: Record<number, number> = {};
  for (const { status, body } of await Promise.all(answers)) {
    await body?.cancel();
    counts[status] = (counts[status] ?? 0) + 1;
  }
  return counts;
}
