/** Whether keys follow one another in a way that loses nobody, and sign with all that is asked for. */

import type { Finding } from "./finding.ts";
import { keyPolicy } from "./key_policy.ts";
import { getsIdTokens, requiredAlgorithms } from "./required_algorithms.ts";
import type { ClientConfig, Config } from "./schema.ts";

/** Clocks of several instances differ, and clients keep the key set for a while: below this there is no room for both. */
const LEAST_PROPAGATION = 300;

/** So many seconds more a key stays: until the last instance has learned of the next one, with clocks that differ, here and at those who check. */
const MARGIN = 600;

/** So many turns of other keys one stays published at most: all of them stand in one record, and in the key set. */
const MOST_TURNS = 10;

/** What is wrong with how keys follow one another, and which algorithms have none. */
export function keyFindings(config: Config, incomplete: ReadonlySet<string>): Finding[] {
  if (incomplete.has("keys")) return [];
  return [
    ...pathed(["keys", "managed"], [...paceFindings(config.keys), ...repeated(config.keys)]),
    ...algorithmFindings(config),
    ...outlivingFindings(config, incomplete),
  ];
}

function paceFindings({ managed }: Config["keys"]): Finding[] {
  if (managed === undefined) return [];
  const { propagation, rotation, retention } = managed;
  return [
    ...propagation >= LEAST_PROPAGATION ? [] : [{
      path: ["propagation"],
      message: `at least ${LEAST_PROPAGATION} s, so that everybody knows a key before it signs`,
    }],
    ...propagation <= rotation ? [] : [{
      path: ["rotation"],
      message: `a key would sign for ${rotation} s, but be published for ${propagation} s before`,
    }],
    ...retention <= MOST_TURNS * rotation ? [] : [{
      path: ["retention"],
      message:
        `${retention} s are more than ${MOST_TURNS} rotations of ${rotation} s; the key set would grow too long`,
    }],
  ];
}

function repeated({ managed }: Config["keys"]): Finding[] {
  const { algorithms = [] } = managed ?? {};
  return algorithms.flatMap((alg, index) =>
    algorithms.indexOf(alg) === index ? [] : [{
      path: ["algorithms", index],
      message: `${alg} is there already; one key at a time signs with it`,
      warning: true as const,
    }]
  );
}

/** Whether there is a key for each algorithm that something is to be signed with. */
function algorithmFindings(config: Config): Finding[] {
  const { directory, jwks } = config.keys;
  // What other sources hold is known only once they are read.
  if (directory !== undefined || jwks !== undefined) return [];
  const there = keyPolicy(config.keys).algorithms;
  return requiredAlgorithms(config).filter(({ algorithm }) => !there.includes(algorithm))
    .map(({ path, algorithm }) => ({
      path,
      message: `${algorithm} is not among keys.managed.algorithms (${there.join(", ")})`,
    }));
}

/** What is signed and lives longer than its key is published once another one signs. */
function outlivingFindings(config: Config, incomplete: ReadonlySet<string>): Finding[] {
  const { algorithms, retention } = keyPolicy(config.keys);
  const managed = algorithms.length > 0;
  const { absolute_lifetime } = config.sessions;
  const known = `keys.managed.retention (${written(retention)})`;
  const tokens = signedFor(config, incomplete).filter(({ life }) => life + MARGIN > retention)
    .map(({ path }): Finding =>
      managed
        ? {
          path,
          message: `outlives the key that signs it: ${known} has to be ${written(MARGIN)} longer`,
        }
        : {
          path,
          message: `outlives a key past its not_after, which is published ${
            written(retention)
          } more`,
          warning: true,
        }
    );
  return !managed || incomplete.has("sessions") || absolute_lifetime <= retention ? tokens : [
    ...tokens,
    {
      path: ["sessions", "absolute_lifetime"],
      // OpenID Connect RP-Initiated Logout §2: a hint that can't be verified ends nothing without a question
      message: `is longer than ${known}: an older id_token_hint is unknown, and logout asks`,
      warning: true,
    },
  ];
}

/** A token that is signed, by the member that says how long it lives, in seconds. */
interface SignedFor {
  readonly path: Finding["path"];
  readonly life: number;
}

/** The server's defaults, and what clients have of their own. */
function signedFor(
  { tokens, clients }: Pick<Config, "tokens" | "clients">,
  incomplete: ReadonlySet<string>,
): SignedFor[] {
  return (["access_token_lifetime", "id_token_lifetime"] as const).flatMap((member) => [
    ...incomplete.has("tokens") ? [] : [{ path: ["tokens", member], life: tokens[member] }],
    ...clients.flatMap((client, index) => {
      const life = SIGNED[member](client) ? client[member] : undefined;
      return life === undefined ? [] : [{ path: ["clients", index, member], life }];
    }),
  ]);
}

const SIGNED = {
  access_token_lifetime: ({ access_token_format }: ClientConfig) => access_token_format === "jwt",
  id_token_lifetime: getsIdTokens,
};

/** Seconds as the configuration has them. */
function written(seconds: number): string {
  const [unit, size] =
    ([["d", 86_400], ["h", 3600], ["m", 60]] as const).find(([, size]) => seconds % size === 0) ??
      ["s", 1];
  return `${seconds / size}${unit}`;
}

function pathed(start: Finding["path"], findings: readonly Finding[]): Finding[] {
  return findings.map((finding) => ({ ...finding, path: [...start, ...finding.path] }));
}
