/** Which configuration is meant where a command names none? */

import { UsageError } from "./command.ts";

const DEFAULTS = ["config", "/etc/latchkey"];

/**
 * What `--config` gave, else `LATCHKEY_CONFIG`, else `./config`, else `/etc/latchkey`.
 * Throws a `UsageError` where none of the two defaults exists.
 */
export async function configPath(
  given: string | undefined,
  io: { variable: (name: string) => string | undefined },
): Promise<string> {
  const named = given ?? (io.variable("LATCHKEY_CONFIG") || undefined);
  if (named !== undefined) return named;
  for (const path of DEFAULTS) {
    if (await exists(path)) return path;
  }
  throw new UsageError(
    "no configuration: neither ./config nor /etc/latchkey is there; name one by --config or LATCHKEY_CONFIG",
  );
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    // What can't be looked at is there: loading it says why it can't be read.
    return !(error instanceof Deno.errors.NotFound);
  }
}
