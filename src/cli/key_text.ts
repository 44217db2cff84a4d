/** How are keys named on the command line, and what is said of them? */

import { type KeyPolicy, keyPolicy } from "../config/key_policy.ts";
import { didYouMean } from "../config/suggest.ts";
import { algorithmNamed, SIGNING_ALGORITHMS, type SigningAlgorithm } from "../oauth/client.ts";
import { type Io, type Option, UsageError } from "./command.ts";
import type { OpenedStore } from "./opened_store.ts";

/** The option that names an algorithm. */
export const ALGORITHM_OPTION = {
  type: "string",
  value: "ALG",
  summary: SIGNING_ALGORITHMS.join(", "),
} as const satisfies Option;

/** The algorithm that an option names; `undefined` where it is absent. Throws a `UsageError` for one that we don't know. */
export function parseAlgorithm(text: string | undefined): SigningAlgorithm | undefined {
  if (text === undefined) return undefined;
  const alg = algorithmNamed(text);
  if (alg !== undefined) return alg;
  throw new UsageError(
    `--algorithm is one of ${SIGNING_ALGORITHMS.join(", ")}${didYouMean(text, SIGNING_ALGORITHMS)}`,
  );
}

/** The policy for managed keys; `undefined` after complaining where the configuration manages none. */
export function managedPolicy(
  io: Pick<Io, "complain">,
  { config }: Pick<OpenedStore, "config">,
): KeyPolicy | undefined {
  const policy = keyPolicy(config.keys);
  if (policy.algorithms.length > 0) return policy;
  io.complain(
    "no keys are managed: those that sign are configured, and there is no keys.managed; put `managed: {}` beside them, and reload",
  );
  return undefined;
}
