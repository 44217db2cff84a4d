/** The small values that configuration is made of: durations, secrets by reference, dates, URLs. */

import { z } from "zod";

// A configuration is read once: compiling its parsers would take longer than running them.
z.config({ jitless: true });

const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

// Given to the alternatives, too: one of the right type speaks for the union.
const durationError = {
  error: "expected a duration such as 90s, 15m, 8h, 14d, or a whole number of seconds",
};
const momentError = { error: "expected a date such as 2027-01-31 or 2027-01-31T12:00:00Z" };

/** A duration in seconds: `90s`, `15m`, `8h`, `14d` or a whole number of seconds. */
export const duration = z
  .union([
    z.int(durationError).nonnegative(durationError),
    z.string().regex(/^\d{1,9}[smhd]$/, durationError),
  ], durationError)
  .transform((value) =>
    typeof value === "number"
      ? value
      : Number(value.slice(0, -1)) * SECONDS[value.slice(-1) as keyof typeof SECONDS]
  );

/** A duration that can't be zero. */
export const positiveDuration = duration.refine((seconds) => seconds > 0, {
  error: "expected a duration longer than zero",
});

/** The last second of the year 9999, the last that ISO 8601 has four digits for; milliseconds by mistake lie behind it. */
export const LAST_MOMENT = 253_402_300_799;

/** A moment as NumericDate: an ISO 8601 date or date and time, or a whole number of seconds since 1970. */
export const moment = z
  .union([
    z.int(momentError).positive(momentError).max(LAST_MOMENT, momentError),
    z.iso.date(momentError),
    z.iso.datetime({ offset: true, ...momentError }),
  ], momentError)
  .transform((value) => typeof value === "number" ? value : Math.floor(Date.parse(value) / 1000));

/** Where a secret is: `loadConfig` replaces each of these by the text that it points to. */
export class SecretRef {
  /** `reference` has exactly one member. */
  constructor(readonly reference: { env: string } | { file: string } | { value: string }) {}
}

/** A small file that is served: `loadConfig` replaces each of these by its content. */
export class FileRef {
  /** `path` is relative to the file that names it. */
  constructor(readonly path: string) {}
}

/** The content of a small file. */
export interface FileContent {
  /** Its name without folders. */
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** A configuration after loading: every `SecretRef` has become a string, every `FileRef` its content. */
export type Resolved<T> = T extends SecretRef ? string
  : T extends FileRef ? FileContent
  : T extends readonly (infer U)[] ? Resolved<U>[]
  : T extends Record<string, unknown> ? { [K in keyof T]: Resolved<T[K]> }
  : T;

const env = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, {
  error: "expected the name of an environment variable",
}).describe("the name of an environment variable that holds it");
const file = z.string().min(1).describe(
  "the path of a file that holds it, relative to the file that names it ($CREDENTIALS_DIRECTORY is tried too)",
);

/** A secret that stands elsewhere: `{env: NAME}` or `{file: PATH}`. */
export const secret = z
  .union([z.strictObject({ env }), z.strictObject({ file })], {
    error: "expected {env: NAME} or {file: PATH}",
  })
  .transform((reference) => new SecretRef(reference));

/** Whether one of some members stands there, and no other of them. */
function exactlyOne(names: readonly string[]) {
  return (value: Record<string, unknown>) =>
    names.filter((name) => value[name] !== undefined).length === 1;
}

/** The path of a small file that is served, relative to the file that names it. */
export const servedFile = z.string().min(1).transform((path) => new FileRef(path));

/** A client secret: one of `sha256`, `env`, `file`, `value`, and when it expires. */
export const clientSecret = z
  .strictObject({
    sha256: z.string().regex(/^[0-9a-f]{64}$/, {
      error: "expected 64 lower-case hexadecimal digits, as `latchkey hash-secret` prints them",
    }).describe("SHA-256 of the secret, from `latchkey hash-secret`").optional(),
    env: env.optional(),
    file: file.optional(),
    value: z.string().min(1).describe("the secret itself: for demonstrations only").optional(),
    expires_at: moment.describe("when it stops to be accepted").optional(),
    description: z.string().describe("for people").optional(),
  })
  .refine(exactlyOne(["sha256", "env", "file", "value"]), {
    error: "expected exactly one of sha256, env, file and value",
  })
  .transform(({ sha256, env, file, value, expires_at }) => ({
    sha256,
    value: env !== undefined
      ? new SecretRef({ env })
      : file !== undefined
      ? new SecretRef({ file })
      : value !== undefined
      ? new SecretRef({ value })
      : undefined,
    /** Whether the secret itself stands in the file. */
    literal: value !== undefined,
    expires_at,
  }));

/** A user's password: its hash, or where the password or its hash is. */
export const password = z
  .strictObject({
    hash: z.string().regex(/^\$argon2id\$/, {
      error: "expected a hash that begins with $argon2id$, as `latchkey hash-password` prints it",
    }).describe("Argon2id in PHC form, from `latchkey hash-password`").optional(),
    env: env.optional(),
    file: file.optional(),
  }, {
    error: (issue) =>
      issue.code === "invalid_type" && issue.input !== undefined
        ? "expected {hash: …} from `latchkey hash-password`, {env: NAME} or {file: PATH}; the password itself never stands here"
        : undefined,
  })
  .refine(exactlyOne(["hash", "env", "file"]), {
    error: "expected exactly one of hash, env and file",
  })
  .transform(({ hash, env, file }) =>
    hash !== undefined
      ? new SecretRef({ value: hash })
      : new SecretRef(env !== undefined ? { env } : { file: file ?? "" })
  );

/** Scope names in one text, separated by spaces (RFC 6749 §3.3). */
export const scopeList = z.string().transform((text) => [
  ...new Set(text.split(" ").filter((name) => name !== "")),
]);

/** What an authentication context class is called; `acr_values` separates them by spaces (OpenID Connect Core §3.1.2.1). */
export const acrValue = z.string().regex(/^[\x21-\x7e]+$/, {
  error: "expected printable ASCII without spaces",
});

/** An absolute http or https URL. */
export const httpUrl = z.url({
  protocol: /^https?$/,
  error: "expected an absolute http or https URL",
});
