/** Which keys does the configuration give: those of the folder, then those of `keys.jwks`? */

import { keyPolicy } from "../config/key_policy.ts";
import type { Config } from "../config/schema.ts";
import { isMapping } from "../lib/mapping.ts";
import { certify, checkThumbprints, isSameChain, parseX5c, validityOf } from "./certificate.ts";
import { readDirectory } from "./directory.ts";
import { collect, KeyError } from "./error.ts";
import type { FoundKey } from "./found.ts";
import type { HeldKey } from "./held.ts";
import { parseJwks } from "./jwk_set.ts";
import { importKey } from "./key.ts";
import { agreedTerms, misnamedDates } from "./terms.ts";
import type { KeySource } from "./timetable.ts";

/** What was found. */
export interface StaticKeys {
  /** The keys of folder and environment, in this order. */
  readonly keys: readonly HeldKey[];
  /** What is dubious, in a line each. */
  readonly warnings: readonly string[];
}

/** The keys of folder and environment; what is wrong joins `problems`. */
export async function openStaticKeys(
  config: Config["keys"],
  problems: string[],
): Promise<StaticKeys> {
  const { directory, jwks } = config;
  const before = problems.length;
  const folder = directory === undefined ? undefined : await readDirectory(directory, problems);
  const variable = jwks === undefined
    ? undefined
    : await collect(problems, "keys.jwks", () => parseJwks("keys.jwks", jwks));
  const found = [
    ...(folder?.keys ?? []).map((key) => ({ key, source: "directory" as const })),
    ...(variable ?? []).map((key) => ({ key, source: "jwks" as const })),
  ];
  const { retention, algorithms } = keyPolicy(config);
  const silent = problems.length === before && found.length === 0 && algorithms.length === 0;
  if (silent && directory !== undefined) {
    problems.push(`${directory}: no *.pem or *.json here, and no other source of keys`);
  }
  // All at once, for the start waits for them; what is wrong is told in the order in which they stand.
  const opened = await Promise.all(found.map(async ({ key, source }) => {
    const refusals: string[] = [];
    const held = await collect(refusals, key.place, () => openKey(key, source, retention));
    return { held, refusals };
  }));
  problems.push(...opened.flatMap(({ refusals }) => refusals));
  const passedOver = (folder?.passedOver ?? []).map((path) =>
    `${path}: passed over; keys are read from *.pem and *.json, dates from manifest.yaml`
  );
  const misnamed = found.flatMap(({ key: { place, jwk } }) =>
    isMapping(jwk) ? misnamedDates(jwk).map((line) => `${place}: ${line}`) : []
  );
  return {
    keys: opened.flatMap(({ held }) => held ?? []),
    warnings: [...passedOver, ...misnamed],
  };
}

async function openKey(
  { place, jwk, terms, chains = [] }: FoundKey,
  source: KeySource,
  retention: number,
): Promise<HeldKey> {
  if (!isMapping(jwk)) throw new KeyError("not a JWK");
  const { not_before = -Infinity, not_after = Infinity, kid, alg } = agreedTerms(jwk, terms);
  const bare = await importKey({ ...jwk, kid, alg });
  const [chain = [], ...others] = jwk["x5c"] === undefined ? chains : [
    parseX5c(jwk["x5c"]),
    ...chains,
  ];
  if (!others.every((other) => isSameChain(chain, other))) {
    throw new KeyError("its certificates stand in two places, and differ");
  }
  checkThumbprints(jwk, chain);
  const key = certify(bare, chain);
  const validity = validityOf(chain);
  return {
    kid: key.kid,
    alg: key.alg,
    source,
    signs_from: not_before,
    signs_until: not_after,
    retires_at: not_after + retention,
    place,
    key,
    ...validity && { certificate: validity },
  };
}
