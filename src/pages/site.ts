/** What do all pages have in common, and which files do they load? */

import type { Config } from "../config/schema.ts";
import { sha256Hex, utf8 } from "../lib/bytes.ts";
import { imageKind } from "../lib/image.ts";
import { PATHS } from "../oauth/metadata.ts";
import { drawMark } from "./mark.ts";
import { DEFAULT_PRIMARY } from "./palette.ts";
import { writeStylesheet } from "./stylesheet.ts";

/** What every page shows of the site. URLs are paths on our own origin. */
export interface Site {
  readonly name: string;
  /** The operator's logo or our mark; also the icon of the browser's tab. */
  readonly logoUrl: string;
  /** Ours, then the operator's. */
  readonly stylesheetUrls: readonly string[];
}

/** A file that pages load. */
export interface Asset {
  readonly contentType: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** The site and its files. */
export interface Assets {
  readonly site: Site;
  /** By name, which holds the digest of the content, so that it may be cached for ever. */
  readonly files: ReadonlyMap<string, Asset>;
}

/**
 * The site that the configuration describes, its files named `<name>-<digest>.<extension>` and served below `${basePath}/assets/`.
 * Throws a `TypeError` where the logo is no SVG, PNG, JPEG or WebP.
 */
export function createAssets(branding: Config["branding"], basePath: string): Assets {
  const files = new Map<string, Asset>();
  const add = (name: string, extension: string, asset: Asset): string => {
    const digest = sha256Hex(asset.bytes).slice(0, 16);
    const file = `${name}-${digest}.${extension}`;
    files.set(file, asset);
    return `${basePath}${PATHS.assets}/${file}`;
  };
  const css = (name: string, bytes: Uint8Array<ArrayBuffer>) =>
    add(name, "css", { contentType: "text/css; charset=utf-8", bytes });

  const stylesheetUrls = [css("latchkey", utf8(writeStylesheet(branding)))];
  if (branding.stylesheet !== undefined) {
    stylesheetUrls.push(css("site", branding.stylesheet.bytes));
  }
  const logo = branding.logo?.bytes ??
    utf8(drawMark(branding.primary_color ?? DEFAULT_PRIMARY.light));
  const kind = imageKind(logo);
  if (kind === undefined) {
    throw new TypeError("branding.logo: expected an SVG, PNG, JPEG or WebP file");
  }
  const logoUrl = add("logo", kind.extension, { contentType: kind.contentType, bytes: logo });
  return { site: { name: branding.name, logoUrl, stylesheetUrls }, files };
}
