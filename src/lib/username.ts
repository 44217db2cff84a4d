/** When two user names are the same. */

/** The form in which user names are compared: width and case make no difference (RFC 8265 §3.3), nor do spaces around. */
export function comparableUsername(username: string): string {
  return username.normalize("NFKC").trim().toLowerCase();
}
