/** Which listeners does a server open, and how do they end? */

import type { Config } from "../config/schema.ts";
import type { Env } from "../lib/env.ts";
import { type Answer, listen, type Listener } from "./listen.ts";

/** What is answered to clients, and to whoever runs the server where `management` is configured. */
export interface Answers {
  readonly clients: Answer;
  readonly management: Answer | undefined;
}

/** Opens the listener for clients, and beside it that of `management`. Throws as `listen` does; then neither is open. */
export async function openListeners(
  env: Pick<Env, "sleep" | "log">,
  config: Pick<Config, "listen" | "management">,
  { clients, management }: Answers,
): Promise<Listener> {
  const one = await listen(env, config.listen, clients);
  if (config.management === undefined || management === undefined) return one;
  try {
    const other = await listen(env, config.management, management);
    return {
      finished: Promise.race([one.finished, other.finished]),
      async shutdown() {
        await Promise.all([one.shutdown(), other.shutdown()]);
      },
    };
  } catch (error) {
    await one.shutdown();
    throw error;
  }
}
