/** Whether a configuration means something: the rules that no schema can say, all of them at once. */

import type { Finding } from "./finding.ts";
import type { Config } from "./schema.ts";
import { acrFindings } from "./validate_acr.ts";
import { clientFindings } from "./validate_client.ts";
import { deviceFindings } from "./validate_device.ts";
import { demoFindings } from "./validate_demo.ts";
import { keyFindings } from "./validate_keys.ts";
import { nameFindings } from "./validate_names.ts";
import { pairwiseFindings } from "./validate_pairwise.ts";
import { passwordFindings } from "./validate_password.ts";
import { ringFindings } from "./validate_ring.ts";
import { literalFindings } from "./validate_secrets.ts";
import { serverFindings } from "./validate_server.ts";

/**
 * Everything that is wrong with a configuration. Of the top-level members in `incomplete`
 * something may be missing, so nothing is said of what would have to be in them.
 */
export function validate(config: Config, incomplete: ReadonlySet<string> = new Set()): Finding[] {
  return [
    ...serverFindings(config),
    ...ringFindings(config),
    ...keyFindings(config, incomplete),
    ...nameFindings(config, incomplete),
    ...config.clients.flatMap(clientFindings),
    ...pairwiseFindings(config, incomplete),
    ...acrFindings(config, incomplete),
    ...deviceFindings(config, incomplete),
    ...config.resources.flatMap(({ secrets }, index) =>
      literalFindings(["resources", index, "secrets"], secrets)
    ),
    ...config.users.flatMap(passwordFindings),
    ...demoFindings(config),
  ];
}
