/** What stands in a small file that has to do with keys, and who else may read or write it. */

import { type Bytes, fromUtf8 } from "../lib/bytes.ts";
import { KeyError } from "./error.ts";

const MOST_BYTES = 256 * 1024;
const TOO_LARGE = `larger than ${MOST_BYTES / 1024} KiB`;

/** The text of a file that its owner alone may use. Links are followed: what they lead to counts. Throws `KeyError` with one problem. */
export async function readSecret(path: string, trusted?: TrustedOwner): Promise<string> {
  const bytes = await read(path, trusted, (file) => {
    if (!isPrivate(file, ownUid())) {
      throw new KeyError(`others than its owner may use it (mode ${modeOf(file)}); chmod 600 it`);
    }
  });
  return textOf(bytes);
}

/** The text of a file that others may read, but not write. Throws `KeyError` with one problem. */
export async function readShared(path: string, trusted?: TrustedOwner): Promise<string> {
  const bytes = await read(path, trusted, (file) => {
    if (mayOthersWrite(file)) {
      throw new KeyError(`others may write it (mode ${modeOf(file)}); chmod o-w it`);
    }
  });
  return textOf(bytes);
}

/** The bytes of a file that anybody may read: a certificate. Throws `KeyError` with one problem. */
export async function readPublic(path: string, trusted?: TrustedOwner): Promise<Bytes> {
  return await read(path, trusted, () => {});
}

/**
 * Whether nobody but its owner may use a file. Kubernetes hands out files of root that a group may read: they pass
 * where the process `own` is not root's.
 */
export function isPrivate(
  { mode, uid }: Pick<Deno.FileInfo, "mode" | "uid">,
  own: number | undefined,
): boolean {
  // Systems without modes.
  if (mode === null || (mode & 0o077) === 0) return true;
  return (mode & 0o037) === 0 && uid === 0 && own !== undefined && own !== 0;
}

/** Whose files count beside root's and the process's own. */
export type TrustedOwner = Pick<Deno.FileInfo, "uid">;

/**
 * Throws a `KeyError` where anybody may put files into a folder, and take others' away. Where they may only put some
 * there (sticky, as Kubernetes mounts secrets), it answers who is to own those that count.
 */
export async function checkFolder(path: string): Promise<TrustedOwner | undefined> {
  const folder = await stat(path);
  if (!mayOthersWrite(folder)) return undefined;
  const sticky = ((folder.mode ?? 0) & 0o1000) !== 0;
  if (!sticky) {
    throw new KeyError(`others may write into it (mode ${modeOf(folder)}); chmod o-w it`);
  }
  return { uid: folder.uid };
}

/** Whether a file in a folder into which anybody may put some was put there by whoever may: the folder's owner, root, the process `own`. */
export function isTrusted(
  { uid }: Pick<Deno.FileInfo, "uid">,
  trusted: TrustedOwner | undefined,
  own: number | undefined,
): boolean {
  return trusted === undefined || uid === null || [trusted.uid, 0, own].includes(uid);
}

/** A failure to read, in a line. */
export function unreadable(error: unknown): KeyError {
  return new KeyError(`can't be read: ${error instanceof Error ? error.message : String(error)}`);
}

async function stat(path: string): Promise<Deno.FileInfo> {
  return await Deno.stat(path).catch((error) => {
    throw unreadable(error);
  });
}

/** Whoever opens a pipe may wait for ever, so the path is looked at first; what counts is what was opened then. */
async function read(
  path: string,
  trusted: TrustedOwner | undefined,
  check: (file: Deno.FileInfo) => void,
): Promise<Bytes> {
  checkKind(await stat(path));
  try {
    using file = await Deno.open(path);
    const opened = await file.stat();
    checkKind(opened);
    if (!isTrusted(opened, trusted, ownUid())) {
      throw new KeyError(
        `belongs to user ${opened.uid}, and anybody may put files into its folder; chmod o-w that`,
      );
    }
    check(opened);
    return await contentOf(file);
  } catch (error) {
    throw error instanceof KeyError ? error : unreadable(error);
  }
}

function checkKind({ isFile, size }: Deno.FileInfo): void {
  if (!isFile) throw new KeyError("not a file");
  if (size > MOST_BYTES) throw new KeyError(TOO_LARGE);
}

/** All of it, however long it says or said that it is. */
async function contentOf(file: Deno.FsFile): Promise<Bytes> {
  const bytes = new Uint8Array(MOST_BYTES + 1);
  let length = 0;
  while (length < bytes.length) {
    const read = await file.read(bytes.subarray(length));
    if (read === null) return bytes.slice(0, length);
    length += read;
  }
  throw new KeyError(TOO_LARGE);
}

/** Whose process this is; `undefined` where it may not ask, for then Deno would ask whoever sits at the terminal. */
function ownUid(): number | undefined {
  const { state } = Deno.permissions.querySync({ name: "sys", kind: "uid" });
  return state === "granted" ? Deno.uid() ?? undefined : undefined;
}

function mayOthersWrite({ mode }: Deno.FileInfo): boolean {
  return ((mode ?? 0) & 0o002) !== 0;
}

function modeOf({ mode }: Deno.FileInfo): string {
  return ((mode ?? 0) & 0o7777).toString(8).padStart(4, "0");
}

/** A text in UTF-8; what is none is called by what it seems to be. */
function textOf(bytes: Bytes): string {
  const [first, second, third] = bytes;
  if (first === 0xef && second === 0xbb && third === 0xbf) {
    throw new KeyError("begins with a byte order mark; save it as UTF-8 without one");
  }
  if (first === 0xff && second === 0xfe || first === 0xfe && second === 0xff) {
    throw new KeyError("a text in UTF-16; save it as UTF-8");
  }
  if (first === 0x30 && (bytes.includes(0) || (second ?? 0) >= 0x80)) {
    throw new KeyError(
      isPkcs12(bytes)
        ? "a PKCS#12 file; take the key out: openssl pkcs12 -nodes -nocerts -in FILE -out NEW_FILE"
        : "binary (DER); convert it: openssl pkey -inform DER -in FILE -out NEW_FILE",
    );
  }
  if (bytes.includes(0)) throw new KeyError("not a text: it holds NUL bytes");
  try {
    const text = fromUtf8(bytes);
    if (text.trim() !== "") return text;
  } catch {
    throw new KeyError("not a text in UTF-8");
  }
  throw new KeyError("empty");
}

/** RFC 7292 §4: a PFX begins with its version, which is 3; a PKCS#8 key's is 0 or 1. */
function isPkcs12(bytes: Bytes): boolean {
  const length = bytes[1] ?? 0;
  const from = 2 + (length > 0x80 ? length - 0x80 : 0);
  return bytes[from] === 2 && bytes[from + 1] === 1 && bytes[from + 2] === 3;
}
