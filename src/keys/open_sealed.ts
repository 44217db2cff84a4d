/** How is something opened that a key may have sealed of which this instance has not heard yet? */

import type { Bytes } from "../lib/bytes.ts";
import { type Ring, sealedBy } from "../lib/sealing.ts";

/** A ring that may be able to learn of keys that others have made. */
export type RefreshingRing = Ring & { readonly refresh?: () => Promise<void> };

/**
 * What was sealed; `undefined` where no key of the ring opens it for this purpose, also after asking the store for
 * those that have begun to seal at once. For what stands in the store: whatever strangers bring is not worth asking.
 * Throws `StoreError` as the store does.
 */
export async function openSealed(
  ring: RefreshingRing,
  purpose: string,
  sealed: Uint8Array,
): Promise<Bytes | undefined> {
  const opened = ring.open(purpose, sealed);
  if (opened !== undefined || ring.refresh === undefined || sealedBy(sealed) === undefined) {
    return opened;
  }
  await ring.refresh();
  return ring.open(purpose, sealed);
}
