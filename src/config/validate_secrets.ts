/** Whether secrets stand in files where they need not. */

import type { Finding } from "./finding.ts";
import type { Path } from "./problem.ts";
import type { ClientConfig } from "./schema.ts";

/** Warns of each of the secrets at a path that is written out, save those of the demo. */
export function literalFindings(path: Path, secrets: ClientConfig["client_secrets"]): Finding[] {
  return secrets.flatMap(({ literal, value }, index): Finding[] =>
    literal && !value?.startsWith("demo-")
      ? [{
        path: [...path, index, "value"],
        message: "a secret stands in the file; use sha256, env or file",
        warning: true,
      }]
      : []
  );
}
