/** Which signing keys stand in a folder: `*.pem` (PKCS#8) and `*.json` (JWK or JWK set). */

import { join } from "node:path";
import { SIGNING_ALGORITHMS } from "../oauth/client.ts";
import { collect, KeyError } from "./error.ts";
import { parseJwks } from "./jwk_set.ts";
import type { FoundKey } from "./key.ts";
import { parsePem } from "./pem.ts";

const MOST_BYTES = 256 * 1024;

/** The keys in a folder in the order of its file names; what is wrong joins `problems`. Other files are passed over. */
export async function readDirectory(directory: string, problems: string[]): Promise<FoundKey[]> {
  const names = await collect(problems, directory, () => keyFiles(directory)) ?? [];
  const found: FoundKey[] = [];
  for (const name of names) {
    const path = join(directory, name);
    await collect(problems, path, async () => {
      const text = await readSecret(path);
      if (/\.json$/i.test(name)) found.push(...parseJwks(path, text));
      else found.push({ place: path, jwk: { ...parsePem(text), ...algorithmIn(name) } });
    });
  }
  return found;
}

async function keyFiles(directory: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const { name } of Deno.readDir(directory)) {
      // What begins with a dot was left behind by an editor or a file system.
      if (/^[^.].*\.(pem|json)$/i.test(name)) names.push(name);
    }
  } catch (error) {
    throw unreadable(error);
  }
  return names.sort();
}

/** The text of a small file that its owner alone may read. */
async function readSecret(path: string): Promise<string> {
  const file = await Deno.stat(path).catch((error) => {
    throw unreadable(error);
  });
  if (!file.isFile) throw new KeyError("not a file");
  if (file.size > MOST_BYTES) throw new KeyError(`larger than ${MOST_BYTES / 1024} KiB`);
  // `mode` is null on systems without modes.
  if (file.mode !== null && (file.mode & 0o077) !== 0) {
    const mode = (file.mode & 0o777).toString(8).padStart(4, "0");
    throw new KeyError(`others than its owner may use it (mode ${mode}); chmod 600 it`);
  }
  return await Deno.readTextFile(path).catch((error) => {
    throw unreadable(error);
  });
}

/** `anything.ps256.pem` says that the key signs with PS256; case does not count. */
function algorithmIn(name: string): { alg?: string } {
  const [, named] = /\.((?:hs|rs|ps|es)\d{3}|eddsa|ed25519)\.pem$/i.exec(name) ?? [];
  if (named === undefined) return {};
  const known = [...SIGNING_ALGORITHMS, "Ed25519"];
  return { alg: known.find((alg) => alg.toLowerCase() === named.toLowerCase()) ?? named };
}

function unreadable(error: unknown): KeyError {
  return new KeyError(`can't be read: ${error instanceof Error ? error.message : String(error)}`);
}
