/** What proves that a form is ours, and was shown to this browser. */

import { base64url, sha256 } from "../lib/bytes.ts";

/**
 * What a form must bring along: it proves that the page came from us to this browser, for `subject` (an interaction,
 * or a page by name), and stands in no address bar. `about` binds it to what the page showed (whose consent was
 * asked, say).
 */
export function formToken(subject: string, browser: string, about = ""): string {
  return base64url(sha256(`form\0${subject}\0${browser}\0${about}`));
}
