/** How secrets and small files that the configuration names are read into it. */

import { basename, dirname, isAbsolute, join } from "node:path";
import { type Bytes, fromUtf8 } from "../lib/bytes.ts";
import type { Decoded } from "./decode.ts";
import type { Variable } from "./override.ts";
import type { Path } from "./problem.ts";
import type { Config } from "./schema.ts";
import { type FileContent, FileRef, SecretRef } from "./value.ts";

const MOST_SECRET_BYTES = 64 * 1024;
const MOST_FILE_BYTES = 256 * 1024;

/** The bytes of a file, or why it can't be read. */
export type ReadFile = (path: string, mostBytes: number) => Promise<Bytes | Unreadable>;

/** Why a file can't be read. */
export interface Unreadable {
  readonly message: string;
  readonly missing?: true;
}

/** What reading references needs. */
export interface Surroundings {
  readonly variable: Variable;
  readonly readFile: ReadFile;
  /** The file in which the value at a path stands. */
  readonly namingFile: (path: Path) => string;
  readonly report: (path: Path, message: string) => void;
}

/** Replaces every `SecretRef` and `FileRef` in place; one that can't be read is reported: a secret becomes empty, a file absent. */
export async function resolveReferences(
  surroundings: Surroundings,
  decoded: Decoded,
): Promise<Config> {
  for (const { holder, key, path } of references(decoded, [])) {
    const reference = holder[key];
    if (reference instanceof SecretRef) holder[key] = await secret(surroundings, reference, path);
    if (reference instanceof FileRef) holder[key] = await content(surroundings, reference, path);
  }
  // No reference is left, which is all that the types differ in.
  return decoded as unknown as Config;
}

interface Reference {
  readonly holder: Record<string, unknown>;
  readonly key: string;
  readonly path: Path;
}

/** Every reference in a value, in the order of its members. */
function references(value: unknown, path: Path): Reference[] {
  if (typeof value !== "object" || value === null) return [];
  const holder = value as Record<string, unknown>;
  return Object.entries(holder).flatMap(([key, inner]) => {
    const innerPath = [...path, Array.isArray(value) ? Number(key) : key];
    return inner instanceof SecretRef || inner instanceof FileRef
      ? [{ holder, key, path: innerPath }]
      : references(inner, innerPath);
  });
}

async function secret(
  surroundings: Surroundings,
  { reference }: SecretRef,
  path: Path,
): Promise<string> {
  if ("value" in reference) return reference.value;
  const kind = "env" in reference ? "env" : "file";
  // A client secret's reference stands beside `expires_at`, any other one in a mapping of its own.
  const place = [...path.at(-1) === "value" ? path.slice(0, -1) : path, kind];
  const found = "env" in reference
    ? surroundings.variable(reference.env) ?? {
      message: `the environment variable ${reference.env} is not set`,
    }
    : await fileText(surroundings, reference.file, place);
  if (typeof found === "string" && found !== "") return found;
  surroundings.report(place, typeof found === "string" ? "leads to an empty text" : found.message);
  return "";
}

async function fileText(
  surroundings: Surroundings,
  name: string,
  path: Path,
): Promise<string | Unreadable> {
  const bytes = await credential(surroundings, name) ??
    await fileBytes(surroundings, name, path, MOST_SECRET_BYTES);
  if (!(bytes instanceof Uint8Array)) return bytes;
  try {
    return fromUtf8(bytes).replace(/\r?\n$/, "");
  } catch {
    return { message: `${name} is not a text in UTF-8` };
  }
}

/** What systemd hands over, where it hands over something of that name (systemd.exec(5), CREDENTIALS_DIRECTORY). */
async function credential(
  { variable, readFile }: Surroundings,
  name: string,
): Promise<Bytes | Unreadable | undefined> {
  const folder = variable("CREDENTIALS_DIRECTORY");
  if (folder === undefined || isAbsolute(name)) return undefined;
  const found = await readFile(join(folder, name), MOST_SECRET_BYTES);
  return !(found instanceof Uint8Array) && found.missing ? undefined : found;
}

async function content(
  surroundings: Surroundings,
  { path: file }: FileRef,
  path: Path,
): Promise<FileContent | undefined> {
  const bytes = await fileBytes(surroundings, file, path, MOST_FILE_BYTES);
  if (bytes instanceof Uint8Array) return { name: basename(file), bytes };
  surroundings.report(path, bytes.message);
  return undefined;
}

async function fileBytes(
  { namingFile, readFile }: Surroundings,
  name: string,
  path: Path,
  mostBytes: number,
): Promise<Bytes | Unreadable> {
  const file = isAbsolute(name) ? name : join(dirname(namingFile(path)), name);
  const bytes = await readFile(file, mostBytes);
  return bytes instanceof Uint8Array
    ? bytes
    : { message: `${file} can't be read: ${bytes.message}` };
}
