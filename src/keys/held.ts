/** A key that the server holds: itself, its times, and the place to name when it is spoken of. */

import type { Validity } from "./certificate.ts";
import type { SigningKey } from "./key.ts";
import type { TimedKey } from "./timetable.ts";

/** A key that can be used, with its times. */
export interface HeldKey extends TimedKey {
  /** A file, `keys.jwks: keys[0]`, or which managed key it is. */
  readonly place: string;
  readonly key: SigningKey;
  /** When its certificates are good, where it has some. */
  readonly certificate?: Validity;
}
