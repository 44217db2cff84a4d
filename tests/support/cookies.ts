/** What is sealed in the cookies of a browser under test. */

import { fromBase64url, fromUtf8 } from "../../src/lib/bytes.ts";
import type { Ring } from "../../src/lib/sealing.ts";

/** What one of the sealed cookies holds, as the server reads it; `undefined` where there is none. */
export function unsealed(
  { ring }: { readonly ring: Ring },
  cookies: ReadonlyMap<string, string>,
  name: "session" | "browser",
): string | undefined {
  const sealed = fromBase64url(cookies.get(`latchkey-${name}`) ?? "");
  const opened = sealed && ring.open(`${name}_cookie`, sealed);
  return opened && fromUtf8(opened);
}
