/** A store that keeps everything in a map, for tests that want to be fast. */

import { utf8 } from "../../src/lib/bytes.ts";
import { type Entry, type Key, type Store, StoreError } from "../../src/store/store.ts";

/** An empty store; every value goes in and comes out as a copy. Forgets nothing, whatever `expires_at` says. */
export function memoryStore(): Store {
  const entries = new Map<string, Entry>();
  let commits = 0;
  let closed = false;
  // deno-lint-ignore require-await -- a throw has to become a rejection
  const open = async <A>(operate: () => A): Promise<A> => {
    if (closed) throw new StoreError("the store is closed");
    return operate();
  };
  return {
    get: (key) => open(() => structuredClone(entries.get(encode(key)))),
    list: (prefix, { limit, after }) =>
      open(() => {
        const first = encode(prefix);
        const last = after === undefined ? first : encode(after);
        return [...entries.keys()].sort()
          .filter((name) => name.startsWith(first) && name > last)
          .slice(0, limit)
          .map((name) => structuredClone(entries.get(name)!));
      }),
    commit: ({ checks = [], writes }) =>
      open(() => {
        if (checks.length > 10 || writes.length > 1000) {
          throw new TypeError("too much for one commit");
        }
        const copies = writes.map(({ key, value }) => structuredClone({ key, value }));
        const held = checks.every(({ key, version }) =>
          (entries.get(encode(key))?.version ?? null) === version
        );
        if (!held) return false;
        const version = String(++commits).padStart(20, "0");
        for (const { key, value } of copies) {
          if (value === undefined) entries.delete(encode(key));
          else entries.set(encode(key), { key, value, version });
        }
        return true;
      }),
    close() {
      closed = true;
    },
  };
}

/** A text that sorts as Deno KV sorts keys: bytes before strings, a part before what continues it. */
function encode(key: Key): string {
  return key.map((part) =>
    typeof part === "string" ? `2${utf8(part).toHex()} ` : `1${part.toHex()} `
  ).join("");
}
