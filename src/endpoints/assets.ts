/** GET /assets/…: style sheets, logos and icons, named by their content. */

import type { Handler } from "hono";
import type { AppEnv } from "./http.ts";

/** Serves the files that were read at start; what has their name never changes, so it may be kept for a year. */
export function assetEndpoint(server: {
  readonly assets: ReadonlyMap<string, { contentType: string; bytes: Uint8Array<ArrayBuffer> }>;
}): Handler<AppEnv> {
  return async (c, next) => {
    const file = server.assets.get(c.req.param("name") ?? "");
    if (file === undefined) return await next();
    return c.body(file.bytes, 200, {
      "Content-Type": file.contentType,
      "Cache-Control": "public, max-age=31536000, immutable",
      "X-Content-Type-Options": "nosniff",
      // An SVG that somebody opens by itself runs nothing.
      "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    });
  };
}
