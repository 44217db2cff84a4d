/** Where the server listens: TCP, TLS, or a Unix socket. */

import type { Config } from "../config/schema.ts";

/** Answers a request; `address` is the peer's, absent on a Unix socket. */
export type Answer = (request: Request, peer: { address?: string }) => Response | Promise<Response>;

/** An open listener. */
export interface Listener {
  /** Resolves when it has ended, rejects when it has failed. */
  readonly finished: Promise<void>;
  /** Takes no new connections, and resolves when the requests in flight are answered. */
  shutdown(): Promise<void>;
}

/** Opens the listener. Throws what Deno throws where the address is taken or forbidden. */
export async function listen(config: Config["listen"], answer: Answer): Promise<Listener> {
  const quiet = { onListen: () => {} };
  if (config.unix !== undefined) {
    await removeStaleSocket(config.unix);
    return Deno.serve({ path: config.unix, ...quiet }, (request) => answer(request, {}));
  }
  const { hostname, port, tls } = config;
  const certificate = tls === undefined ? {} : {
    cert: await Deno.readTextFile(tls.certificate),
    key: tls.private_key,
  };
  return Deno.serve(
    { hostname, port, ...certificate, ...quiet },
    (request, { remoteAddr }) =>
      answer(request, "hostname" in remoteAddr ? { address: remoteAddr.hostname } : {}),
  );
}

/** A socket file that a killed process has left behind; nobody answers there. */
async function removeStaleSocket(path: string): Promise<void> {
  try {
    if (!(await Deno.lstat(path)).isSocket) return;
    (await Deno.connect({ transport: "unix", path })).close();
  } catch (error) {
    if (error instanceof Deno.errors.ConnectionRefused) await Deno.remove(path);
    else if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
