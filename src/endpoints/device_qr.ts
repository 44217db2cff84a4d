/** GET /device/qr: the address of /device with a code, for cameras (RFC 8628 §3.3.1). */

import type { Context } from "hono";
import { preferredType } from "../lib/accept.ts";
import { OAuthError } from "../oauth/error.ts";
import { PATHS } from "../oauth/metadata.ts";
import { parseUserCode, verificationUriComplete } from "../oauth/user_code.ts";
import { qrCodeSvg, qrCodeText } from "../pages/qr_code.ts";
import { type AppEnv, readQuery } from "./http.ts";

const DRAWN = { "image/svg+xml": qrCodeSvg, "text/plain": qrCodeText } as const;

/** Draws `verification_uri_complete` for any code that could be one, whether a device has it or not. Throws `invalid_request` otherwise. */
export function deviceQr(
  { config }: { readonly config: { readonly issuer: string } },
  c: Context<AppEnv>,
): Response {
  const user_code = parseUserCode(readQuery(c).require("user_code"));
  if (user_code === undefined) throw new OAuthError("invalid_request", "user_code is no code");
  const type = preferredType(c.req.header("Accept"), ["image/svg+xml", "text/plain"]);
  const address = verificationUriComplete(config.issuer + PATHS.device, user_code);
  return c.body(DRAWN[type](address), 200, {
    "Content-Type": `${type}; charset=utf-8`,
    // The same for ever; but a code is good for minutes, and nobody else's cache need know it.
    "Cache-Control": "private, max-age=600",
    "Vary": "Accept",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    // The page of a device, wherever it comes from, may show the picture.
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Referrer-Policy": "no-referrer",
  });
}
