/** Where the server listens: TCP, TLS, or a Unix socket. */

import type { Config } from "../config/schema.ts";
import type { Env } from "../lib/env.ts";

/** Answers a request; `address` is the peer's, absent on a Unix socket. */
export type Answer = (request: Request, peer: { address?: string }) => Response | Promise<Response>;

/** An open listener. */
export interface Listener {
  /** Resolves when it has ended, rejects when it has failed. */
  readonly finished: Promise<void>;
  /** Takes no new connections, and resolves when the requests in flight are answered. */
  shutdown(): Promise<void>;
}

/** The address can't be listened on; the message says which and why. */
export class ListenError extends Error {
  override readonly name = "ListenError";
}

/** How long, in milliseconds, until a listener that has failed is opened again. */
const PAUSE = 100;

/**
 * Opens the listener. Throws `ListenError` where the address is taken, forbidden or unknown, or the certificate is no
 * good. Deno gives a listener up when no more files may be open, say because of too many connections: it is opened again.
 */
export async function listen(
  env: Pick<Env, "sleep" | "log">,
  config: Config["listen"],
  answer: Answer,
): Promise<Listener> {
  let current = await open(config, answer);
  let stopping = false;
  const serve = async () => {
    while (!stopping) {
      try {
        return await current.finished;
      } catch (error) {
        env.log.error("listener.failed", { reason: String(error) });
        await env.sleep(PAUSE);
        if (!stopping) current = await open(config, answer);
      }
    }
  };
  return {
    finished: serve(),
    async shutdown() {
      stopping = true;
      await current.shutdown();
    },
  };
}

/** The certificate chain and its key, in PEM; neither where TLS is another's. Throws `ListenError` where the file can't be read. */
export async function readCertificate(
  { tls }: Pick<Config["listen"], "tls">,
): Promise<{ cert: string; key: string } | Record<never, never>> {
  if (tls === undefined) return {};
  try {
    return { cert: await Deno.readTextFile(tls.certificate), key: tls.private_key };
  } catch (cause) {
    throw new ListenError(`the certificate ${tls.certificate} can't be read`, { cause });
  }
}

async function open(config: Config["listen"], answer: Answer): Promise<Deno.HttpServer> {
  const { hostname, port, unix, tls } = config;
  const quiet = { onListen: () => {} };
  try {
    if (unix !== undefined) {
      await removeStaleSocket(unix);
      return Deno.serve({ path: unix, ...quiet }, (request) => answer(request, {}));
    }
    const certificate = await readCertificate({ tls });
    return Deno.serve(
      { hostname, port, ...certificate, ...quiet },
      (request, { remoteAddr }) =>
        answer(request, "hostname" in remoteAddr ? { address: remoteAddr.hostname } : {}),
    );
  } catch (cause) {
    if (cause instanceof ListenError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ListenError(`can't listen on ${unix ?? `${hostname}:${port}`}: ${reason}`, { cause });
  }
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
