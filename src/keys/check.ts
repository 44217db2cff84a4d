/** What can be said of configured keys without a store: what is wrong, what is dubious, and with what they sign? */

import { keyPolicy } from "../config/key_policy.ts";
import type { Config } from "../config/schema.ts";
import { duplicates } from "./duplicates.ts";
import { expiringKeys, sentence } from "./expiring.ts";
import type { PresentKeys } from "./required_keys.ts";
import { openStaticKeys } from "./static.ts";
import { viewOf } from "./view.ts";

/** What is wrong with the keys of the folder and the environment, and which algorithms there will be with the managed ones. */
export async function checkKeys(
  config: Config["keys"],
  now: number,
): Promise<
  PresentKeys & { readonly problems: readonly string[]; readonly warnings: readonly string[] }
> {
  const problems: string[] = [];
  const { keys, warnings } = await openStaticKeys(config, problems);
  const managed = keyPolicy(config).algorithms;
  const { list, algorithms } = viewOf(keys, now);
  return {
    problems: [...problems, ...duplicates(keys)],
    warnings: [...warnings, ...expiringKeys(list, managed, now).map(sentence)],
    algorithms: [...algorithms, ...managed],
    list: keys,
  };
}
