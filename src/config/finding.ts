/** What the rules that concern several members, or the meaning of one, have found. */

import type { Path } from "./problem.ts";

/** One thing that is wrong with a decoded configuration. */
export interface Finding {
  readonly path: Path;
  readonly message: string;
  /** Where a name that may be given once is given first. */
  readonly earlier?: Path;
  /** Dubious, but allowed. */
  readonly warning?: true;
}
