/** Which signing keys stand in a folder: `*.pem` (PKCS#8) and `*.json` (JWK or JWK set), with what stands beside them. */

import { join } from "node:path";
import { type KeyTerms, parseKeyManifest } from "../config/key_manifest.ts";
import { ALGORITHM_NAMES } from "../oauth/client.ts";
import { parseChain, parsePemChain } from "./certificate.ts";
import { collect, KeyError } from "./error.ts";
import type { FoundKey } from "./found.ts";
import { parseJwks } from "./jwk_set.ts";
import {
  checkFolder,
  readPublic,
  readSecret,
  readShared,
  type TrustedOwner,
  unreadable,
} from "./key_file.ts";
import { parsePem } from "./pem.ts";

/** The file that says from when until when the others sign. */
const MANIFEST = "manifest.yaml";

// What begins with a dot was left behind by an editor or a file system.
const KEY_FILE = /^[^.].*\.(pem|json)$/i;
const KEY_FILE_TYPE = /\.(pem|json)$/i;
/** What somebody meant to be a key. */
const OTHER_KEY = /^[^.].*\.(p12|pfx|p8|pk8|der|key|jwk|jwks)$|^manifest\.yml$/i;

/** Whether a name in the folder, or the link by which Kubernetes exchanges all that is in it, has to do with keys. */
export function isLookedAt(name: string): boolean {
  return KEY_FILE.test(name) || /^[^.].*\.crt$/i.test(name) || name === MANIFEST ||
    name.startsWith("..");
}

/** What is in a folder. */
export interface Folder {
  /** In the order of the file names. */
  readonly keys: readonly FoundKey[];
  /** The paths of files that are passed over, though somebody may have meant them. */
  readonly passedOver: readonly string[];
}

/** The keys in a folder; what is wrong joins `problems`. */
export async function readDirectory(directory: string, problems: string[]): Promise<Folder> {
  const { names: all, trusted } = await collect(problems, directory, () => look(directory)) ??
    { names: [], trusted: undefined };
  const names = all.filter((name) => KEY_FILE.test(name));
  const terms = await termsIn(directory, { names: all, trusted }, problems);
  const keys: FoundKey[] = [];
  for (const name of names) {
    const path = join(directory, name);
    const found = await collect(problems, path, async () => {
      return keysIn(path, name, await readSecret(path, trusted), terms.get(name));
    });
    const crt = name.replace(KEY_FILE_TYPE, ".crt");
    if (!all.includes(crt)) keys.push(...found ?? []);
    else {
      await collect(problems, join(directory, crt), async () => {
        const chain = parseChain(await readPublic(join(directory, crt), trusted));
        if (found !== undefined && found.length > 1) {
          throw new KeyError(`stands beside ${found.length} keys; give each its x5c, or its file`);
        }
        keys.push(
          ...(found ?? []).map((key) => ({ ...key, chains: [...key.chains ?? [], chain] })),
        );
      });
    }
  }
  return {
    keys,
    passedOver: all.filter((name) => OTHER_KEY.test(name)).map((name) => join(directory, name)),
  };
}

/** What is in a folder, and whose files count where anybody may put some there. */
interface Looked {
  /** In their order. */
  readonly names: readonly string[];
  readonly trusted: TrustedOwner | undefined;
}

async function look(directory: string): Promise<Looked> {
  const trusted = await checkFolder(directory);
  const names: string[] = [];
  try {
    for await (const { name } of Deno.readDir(directory)) names.push(name);
  } catch (error) {
    throw unreadable(error);
  }
  return { names: names.sort(), trusted };
}

async function termsIn(
  directory: string,
  { names: all, trusted }: Looked,
  problems: string[],
): Promise<ReadonlyMap<string, KeyTerms>> {
  if (!all.includes(MANIFEST)) return new Map();
  const path = join(directory, MANIFEST);
  const text = await collect(problems, path, () => readShared(path, trusted));
  const names = all.filter((name) => KEY_FILE.test(name));
  return text === undefined ? new Map() : parseKeyManifest(path, text, names, problems);
}

function keysIn(path: string, name: string, text: string, terms?: KeyTerms): FoundKey[] {
  if (/\.pem$/i.test(name)) {
    const jwk = { ...parsePem(text), ...algorithmIn(name) };
    const chain = parsePemChain(text);
    return [{ place: path, jwk, terms, chains: chain.length > 0 ? [chain] : [] }];
  }
  const found = parseJwks(path, text);
  if (found.length > 1 && terms?.kid !== undefined) {
    throw new KeyError(`${MANIFEST} gives one kid to ${found.length} keys`);
  }
  return found.map((key) => ({ ...key, terms }));
}

/** `anything.ps256.pem` says that the key signs with PS256; case does not count. */
export function algorithmIn(name: string): { alg?: string } {
  const [, named] = /\.((?:hs|rs|ps|es)\d{3}|eddsa|ed25519)\.pem$/i.exec(name) ?? [];
  if (named === undefined) return {};
  return { alg: ALGORITHM_NAMES.find((alg) => alg.toLowerCase() === named.toLowerCase()) ?? named };
}
