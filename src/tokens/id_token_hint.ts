/** Whether an `id_token_hint` is an ID token of ours, and whom it names. */

import type { Config } from "../config/schema.ts";
import type { Keys } from "../keys/keys.ts";
import { verifyJwt } from "../keys/signer.ts";
import { type IdTokenHint, idTokenHint } from "../oauth/id_token_hint.ts";

/** What reading a hint needs. */
export interface HintServer {
  readonly config: Pick<Config, "issuer">;
  readonly keys: Pick<Keys, "find" | "learn">;
}

/** The hint, of whichever client; `undefined` where it is no ID token that one of our keys signed. */
export async function readIdTokenHint(
  { config, keys }: HintServer,
  token: string,
): Promise<IdTokenHint | undefined> {
  const claims = await verifyJwt(keys, token, "JWT");
  return claims && idTokenHint(config.issuer, claims);
}
