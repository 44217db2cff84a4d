/** How does a configuration want keys to follow one another? */

import type { SigningAlgorithm } from "../oauth/client.ts";
import { type Config, MANAGED_ALGORITHMS, MANAGED_PHASES } from "./schema.ts";

/** How the server's own keys follow one another. Times are seconds. */
export interface KeyPolicy {
  /** One key at a time signs with each; each is named once. */
  readonly algorithms: readonly SigningAlgorithm[];
  /** How long a new key is published before it signs. */
  readonly propagation: number;
  /** How long a key signs before the next one does. */
  readonly rotation: number;
  /** How long a key stays published once another one signs. */
  readonly retention: number;
}

/** The policy for managed keys: that of the configuration, else of the house; without algorithms where other sources are configured alone. */
export function keyPolicy({ directory, jwks, managed }: Config["keys"]): KeyPolicy {
  if (managed !== undefined) return { ...managed, algorithms: [...new Set(managed.algorithms)] };
  const algorithms = directory === undefined && jwks === undefined ? MANAGED_ALGORITHMS : [];
  return { ...MANAGED_PHASES, algorithms };
}
