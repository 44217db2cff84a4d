/** Which signature algorithms a configuration asks for, and where. */

import { DEVICE_CODE, type SigningAlgorithm } from "../oauth/client.ts";
import type { Path } from "./problem.ts";
import type { ClientConfig, Config } from "./schema.ts";

/** An algorithm that has to have a key, and the place that names it. */
export interface RequiredAlgorithm {
  readonly path: Path;
  readonly algorithm: SigningAlgorithm;
}

/** The algorithms of access tokens by default, by resource and by client, of introspection and userinfo, and of the ID tokens of those who get some. */
export function requiredAlgorithms(
  { tokens, resources, clients }: Pick<Config, "tokens" | "resources" | "clients">,
): RequiredAlgorithm[] {
  const access = "access_token_signed_response_alg";
  const introspection = "introspection_signed_response_alg";
  const identity = "id_token_signed_response_alg";
  const userinfo = "userinfo_signed_response_alg";
  const named: [Path, SigningAlgorithm | undefined][] = [
    [["tokens", access], tokens[access]],
    ...resources.flatMap((one, i): [Path, SigningAlgorithm | undefined][] => [
      [["resources", i, access], one[access]],
      [["resources", i, introspection], one[introspection]],
    ]),
    ...clients.flatMap((one, i): [Path, SigningAlgorithm | undefined][] => [
      [
        ["clients", i, identity],
        getsIdTokens(one) ? one[identity] : undefined,
      ],
      [["clients", i, userinfo], one[userinfo]],
      [["clients", i, access], one[access]],
      [["clients", i, introspection], one[introspection]],
    ]),
  ];
  return named.flatMap(([path, algorithm]) => algorithm === undefined ? [] : [{ path, algorithm }]);
}

/** Whether a client may have ID tokens, and with them logout tokens: those of refreshed grants come by one of these. */
export function getsIdTokens({ grant_types }: Pick<ClientConfig, "grant_types">): boolean {
  return BEGINNINGS.some((grant_type) => grant_types.includes(grant_type));
}

const BEGINNINGS = ["authorization_code", "implicit", DEVICE_CODE] as const;
