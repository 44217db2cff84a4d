/** A key that was read from its source and not yet looked at, with all that its source says of it. */

import type { KeyTerms } from "../config/key_manifest.ts";
import type { Chain } from "./certificate.ts";

/** A private JWK (RFC 7517), and the place to name when it is refused. */
export interface FoundKey {
  readonly place: string;
  readonly jwk: unknown;
  /** What the manifest of its folder says. */
  readonly terms?: KeyTerms | undefined;
  /** The certificates beside it, at every place that gives some. */
  readonly chains?: readonly Chain[];
}
