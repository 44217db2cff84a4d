/** GET /metrics of the management listener: what the server counts and measures, for Prometheus. */

import type { Context } from "hono";
import { type MeasuredKeys, measureKeys } from "../keys/key_metrics.ts";
import type { Prometheus } from "../lib/prometheus.ts";
import type { AppEnv } from "./http.ts";

/** All metrics as they are now, in the text format of Prometheus. */
export async function metricsEndpoint(
  server: MeasuredKeys,
  prometheus: Pick<Prometheus, "text" | "contentType">,
  c: Context<AppEnv>,
): Promise<Response> {
  measureKeys(server);
  return c.body(await prometheus.text(), 200, {
    "Content-Type": prometheus.contentType,
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
  });
}
