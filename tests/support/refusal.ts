/** How tests say that something is refused: by its error code, never by its wording alone. */

import assert from "node:assert/strict";
import { type ErrorCode, OAuthError } from "../../src/oauth/error.ts";

/** The `OAuthError` with this code that a rule throws; fails where it throws nothing, or something else. */
export function refused(code: ErrorCode, rule: () => unknown): OAuthError {
  try {
    rule();
  } catch (error) {
    return judged(code, error);
  }
  assert.fail(`expected ${code}, but nothing was refused`);
}

/** The same for a promise. */
export async function refusedAsync(code: ErrorCode, rule: Promise<unknown>): Promise<OAuthError> {
  try {
    await rule;
  } catch (error) {
    return judged(code, error);
  }
  assert.fail(`expected ${code}, but nothing was refused`);
}

function judged(code: ErrorCode, error: unknown): OAuthError {
  if (!(error instanceof OAuthError)) throw error;
  assert.equal(error.code, code);
  // RFC 6749 §5.2: the characters of an error_description
  assert.match(error.message, /^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/);
  return error;
}
