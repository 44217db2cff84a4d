/** Which APIs can prove themselves, and by which secrets. */

import type { Config } from "../config/schema.ts";
import type { ClientSecret, SigningAlgorithm } from "../oauth/client.ts";
import type { Resource } from "../oauth/resource.ts";
import { hashedSecrets } from "./client_secret.ts";

/** An API as a caller: a protected resource of RFC 7662. */
export interface ProtectedResource extends Resource {
  /** Without any it can ask nothing. */
  readonly secrets: readonly ClientSecret[];
  /** `undefined`: RS256, or the server's. */
  readonly introspection_signed_response_alg: SigningAlgorithm | undefined;
}

/** The APIs of a configuration by their resource indicators. */
export type ResourceRegistry = Pick<ReadonlyMap<string, ProtectedResource>, "get">;

/** The APIs of a configuration. */
export function createResourceRegistry({ resources }: Pick<Config, "resources">): ResourceRegistry {
  return new Map(resources.map((one) => [one.resource, {
    resource: one.resource,
    scopes: one.scopes,
    secrets: hashedSecrets(one.secrets),
    introspection_signed_response_alg: one.introspection_signed_response_alg,
  }]));
}
