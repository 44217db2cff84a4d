/** Of which kind is an image, judged by its bytes? */

/** A kind of image that every browser shows. */
export interface ImageKind {
  readonly contentType: string;
  readonly extension: string;
}

/** SVG, PNG, JPEG or WebP by their first bytes; `undefined` for anything else. */
export function imageKind(bytes: Uint8Array): ImageKind | undefined {
  const start = (length: number) => String.fromCharCode(...bytes.subarray(0, length));
  if (start(8) === "\x89PNG\r\n\x1a\n") return { contentType: "image/png", extension: "png" };
  if (start(3) === "\xff\xd8\xff") return { contentType: "image/jpeg", extension: "jpg" };
  if (/^RIFF[^]{4}WEBP$/.test(start(12))) return { contentType: "image/webp", extension: "webp" };
  if (isSvg(bytes)) return { contentType: "image/svg+xml", extension: "svg" };
  return undefined;
}

/** Whether the root element is `svg`, after the byte order mark, the XML declaration, comments and the document type. */
function isSvg(bytes: Uint8Array): boolean {
  let rest = new TextDecoder().decode(bytes).trimStart();
  while (/^<[?!]/.test(rest)) {
    const close = rest.startsWith("<!--") ? "-->" : ">";
    const end = rest.indexOf(close);
    if (end < 0) return false;
    rest = rest.slice(end + close.length).trimStart();
  }
  return /^<svg[\s/>]/.test(rest);
}
