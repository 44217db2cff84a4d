/** Whether the times by which managed keys follow one another fit together. */

import type { Finding } from "./finding.ts";
import type { Config } from "./schema.ts";

/** Clocks of several instances differ, and clients keep the key set for a while: below this there is no room for both. */
const LEAST_PROPAGATION = 300;

/** So many turns of other keys one stays published at most: all of them stand in one record, and in the key set. */
const MOST_TURNS = 10;

/** What is wrong with the times of managed keys. */
export function keyFindings(
  { keys: { managed } }: Pick<Config, "keys">,
  incomplete: ReadonlySet<string>,
): Finding[] {
  if (incomplete.has("keys") || managed === undefined) return [];
  const { propagation, rotation, retention } = managed;
  const path = (member: keyof typeof managed) => ["keys", "managed", member];
  return [
    ...propagation >= LEAST_PROPAGATION ? [] : [{
      path: path("propagation"),
      message: `at least ${LEAST_PROPAGATION} s, so that everybody knows a key before it signs`,
    }],
    ...propagation <= rotation ? [] : [{
      path: path("rotation"),
      message: `a key would sign for ${rotation} s, but be published for ${propagation} s before`,
    }],
    ...retention <= MOST_TURNS * rotation ? [] : [{
      path: path("retention"),
      message:
        `${retention} s are more than ${MOST_TURNS} rotations of ${rotation} s; the key set would grow too long`,
    }],
  ];
}
