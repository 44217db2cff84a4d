/** Which keys does the configuration give: those of the folder, then those of `keys.jwks`? */

import type { Config } from "../config/schema.ts";
import { readDirectory } from "./directory.ts";
import { collect } from "./error.ts";
import type { HeldKey } from "./held.ts";
import { parseJwks } from "./jwk_set.ts";
import { importKey } from "./key.ts";
import type { KeySource } from "./timetable.ts";

/** The keys of folder and environment, in this order; what is wrong joins `problems`. */
export async function openStaticKeys(
  { directory, jwks }: Pick<Config["keys"], "directory" | "jwks">,
  problems: string[],
): Promise<readonly HeldKey[]> {
  const found = [
    ...await of("directory", directory === undefined ? [] : readDirectory(directory, problems)),
    ...await of(
      "jwks",
      jwks === undefined ? [] : collect(problems, "keys.jwks", () => parseJwks("keys.jwks", jwks)),
    ),
  ];
  // All at once, for the start waits for them; what is wrong is told in the order in which they stand.
  const opened = await Promise.all(found.map(async ({ place, jwk, source }) => {
    const refusals: string[] = [];
    return { place, source, key: await collect(refusals, place, () => importKey(jwk)), refusals };
  }));
  problems.push(...opened.flatMap(({ refusals }) => refusals));
  return opened.flatMap(({ place, source, key }) =>
    key === undefined ? [] : [{
      kid: key.kid,
      alg: key.alg,
      source,
      signs_from: -Infinity,
      signs_until: Infinity,
      retires_at: Infinity,
      place,
      key,
    }]
  );
}

async function of<T>(source: KeySource, found: T[] | Promise<T[] | undefined>) {
  return (await found ?? []).map((one) => ({ ...one, source }));
}
