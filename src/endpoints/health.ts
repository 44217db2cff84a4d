/** GET /livez and /readyz: whether the process lives, and whether it can serve. */

import type { Context } from "hono";
import type { Keys } from "../keys/keys.ts";
import { type Store, StoreError } from "../store/store.ts";
import type { AppEnv } from "./http.ts";

/** The process answers. */
export function livez(c: Context<AppEnv>): Response {
  return c.json({ status: "ok" }, 200, { "Cache-Control": "no-store" });
}

/** The store answers, and there are keys that are known to sign; 503 names what fails. */
export async function readyz(
  server: { readonly store: Pick<Store, "get">; readonly keys: Pick<Keys, "algorithms" | "fresh"> },
  c: Context<AppEnv>,
): Promise<Response> {
  const checks = {
    store: await answers(server.store) ? "ok" : "failed",
    keys: server.keys.algorithms.length > 0 && server.keys.fresh ? "ok" : "failed",
  };
  const ready = Object.values(checks).every((check) => check === "ok");
  return c.json({ status: ready ? "ok" : "failed", checks }, ready ? 200 : 503, {
    "Cache-Control": "no-store",
  });
}

async function answers(store: Pick<Store, "get">): Promise<boolean> {
  try {
    await store.get(["health"]);
    return true;
  } catch (error) {
    if (error instanceof StoreError) return false;
    throw error;
  }
}
