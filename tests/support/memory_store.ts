/** A store that keeps everything in a map, for tests that want to be fast. */

import { deserialize, serialize } from "node:v8";
import { utf8 } from "../../src/lib/bytes.ts";
import { type Entry, type Key, LIMITS, type Store, StoreError } from "../../src/store/store.ts";

/** An empty store; every value goes in and comes out as a copy. Forgets nothing, whatever `expires_at` says. */
export function memoryStore(): Store {
  const entries = new Map<string, { key: Key; bytes: Uint8Array; version: string }>();
  let commits = 0;
  let closed = false;
  // deno-lint-ignore require-await -- a throw has to become a rejection
  const open = async <A>(operate: () => A): Promise<A> => {
    if (closed) throw new StoreError("the store is closed");
    return operate();
  };
  const entryAt = (name: string): Entry | undefined => {
    const entry = entries.get(name);
    if (entry === undefined) return undefined;
    const { key, bytes, version } = entry;
    return { key, value: deserialize(bytes), version };
  };
  return {
    get: (key) => open(() => entryAt(encode(key))),
    list: (prefix, { limit, after = prefix }) =>
      open(() => {
        const [first, last] = [encode(prefix), encode(after)];
        return [...entries.keys()].sort()
          .filter((name) => name.startsWith(first) && name > last)
          .slice(0, limit)
          .map((name) => entryAt(name)!);
      }),
    commit: ({ checks = [], writes }) =>
      open(() => {
        if (checks.length > LIMITS.checks || writes.length > LIMITS.writes) {
          throw new TypeError("too much for one commit");
        }
        const copies = writes.map(({ key, value }) => {
          const name = encode(key);
          const bytes = value === undefined ? undefined : serialize(value);
          // Two digits a byte.
          if (name.length > 2 * LIMITS.key || (bytes?.length ?? 0) > LIMITS.value) {
            throw new TypeError("too big");
          }
          return { name, key: [...key], bytes };
        });
        const held = checks.every(({ key, version }) =>
          (entries.get(encode(key))?.version ?? null) === version
        );
        if (!held) return false;
        const version = String(++commits).padStart(20, "0");
        for (const { name, key, bytes } of copies) {
          if (bytes === undefined) entries.delete(name);
          else entries.set(name, { key, bytes, version });
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
