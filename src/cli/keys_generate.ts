/** `latchkey keys generate`: how does a new private key come into a file that nobody else can read? */

import { basename, dirname } from "node:path";
import { loadConfig } from "../config/load.ts";
import { ConfigError, formatProblem } from "../config/problem.ts";
import type { Config } from "../config/schema.ts";
import { algorithmIn } from "../keys/directory.ts";
import { inventory } from "../keys/inventory.ts";
import { jwkText, newPrivateKey, pemText, RSA_BITS } from "../keys/new_key.ts";
import { dateTime } from "../lib/date_time.ts";
import type { SigningAlgorithm } from "../oauth/client.ts";
import {
  type Command,
  command,
  CONFIG_OPTION,
  type Io,
  JSON_OPTION,
  UsageError,
} from "./command.ts";
import { configPath } from "./config_path.ts";
import { DATE_OPTIONS, type Dates, parseDates } from "./key_dates.ts";
import { ALGORITHM_OPTION, parseAlgorithm } from "./key_text.ts";
import { writeNew } from "./new_file.ts";
import { json, visible } from "./visible.ts";

// OpenID Connect Core §15.1: every provider MUST sign with it, so that every client takes it.
const DEFAULT_ALGORITHM = "RS256";

/** Writes a new private key into a new file. */
export const keysGenerate: Command = command({
  summary: "writes a new private key into a file that only its owner can read",
  details: [
    "NAME.pem is PKCS#8, NAME.json a JWK with kid, alg, use and the dates. A PEM file doesn't say with what its key",
    "signs: NAME.ps256.pem does. The file is new, or nothing is written. The key itself is never printed.",
    "",
    "In the folder of keys.directory a key without --not-before signs as soon as the server has seen it, if none that",
    "began later does: before whoever keeps the published keys for a while knows it. --not-before 1d lets them learn it.",
  ].join("\n"),
  options: {
    algorithm: {
      ...ALGORITHM_OPTION,
      summary: `what it signs with; else what the file's name says, else ${DEFAULT_ALGORITHM}`,
    },
    bits: {
      type: "string",
      value: RSA_BITS.join("|"),
      summary: `the length of an RSA key; ${RSA_BITS[0]}`,
    },
    ...DATE_OPTIONS,
    config: { ...CONFIG_OPTION, summary: "the configuration, to tell from when the server signs" },
    json: JSON_OPTION,
  },
  arguments: { file: { summary: "the new file, NAME.pem or NAME.json" } },
  async run(io, { algorithm, bits, config, json: asJson, ...options }, { file }) {
    const dates = parseDates(options, io.env.now());
    const format = formatOf(file, dates);
    const alg = algorithmFor(file, format, parseAlgorithm(algorithm));
    const length = parseBits(bits, alg);
    const loaded = await configFor(io, config);
    if (loaded === "broken") return 1;
    const key = await newPrivateKey(alg, length);
    const problem = await writeNew(
      file,
      format === "pem" ? pemText(key) : jwkText(key, members(dates)),
    );
    if (problem !== undefined) {
      io.complain(`${visible(file)}: ${problem}`);
      return 1;
    }
    const { kid } = key;
    if (asJson) {
      const { not_before = null, not_after = null } = dates;
      io.print(json({ file, kid, alg, not_before, not_after }));
      return 0;
    }
    io.print(`${visible(file)}: a new ${alg} key, ${kid}`);
    if (loaded !== undefined) io.print(await outlookText(io, loaded, file, kid));
    return 0;
  },
});

type Format = "pem" | "json";

function formatOf(file: string, { not_before, not_after }: Dates): Format {
  const [, format] = /^[^.].*\.(pem|json)$/.exec(basename(file)) ?? [];
  if (format === undefined) {
    throw new UsageError(
      "the file is called NAME.pem or NAME.json: others are no keys to the server",
    );
  }
  const dated = not_before !== undefined || not_after !== undefined;
  if (format === "pem" && dated) {
    throw new UsageError(
      "a PEM file holds no dates: call it NAME.json, or give them in the folder's manifest.yaml",
    );
  }
  return format as Format;
}

function algorithmFor(
  file: string,
  format: Format,
  asked: SigningAlgorithm | undefined,
): SigningAlgorithm {
  const { alg } = format === "pem" ? algorithmIn(basename(file)) : {};
  const named = parseAlgorithm(alg);
  if (named !== undefined && asked !== undefined && named !== asked) {
    throw new UsageError(`the file's name says ${named}, and --algorithm ${asked}`);
  }
  const chosen = asked ?? named ?? DEFAULT_ALGORITHM;
  const ambiguous = /^[RP]S/.test(chosen) && chosen !== DEFAULT_ALGORITHM;
  if (format === "pem" && ambiguous && named === undefined) {
    throw new UsageError(
      `a PEM file says by its name that its key signs with ${chosen}: NAME.${chosen.toLowerCase()}.pem`,
    );
  }
  return chosen;
}

function parseBits(text: string | undefined, alg: SigningAlgorithm) {
  if (text === undefined) return undefined;
  if (!/^[RP]S/.test(alg)) throw new UsageError(`--bits is for RSA, and ${alg} is not`);
  const bits = RSA_BITS.find((known) => String(known) === text);
  if (bits === undefined) throw new UsageError(`--bits is one of ${RSA_BITS.join(", ")}`);
  return bits;
}

function members({ not_before, not_after }: Dates): Record<string, string> {
  return {
    ...not_before === undefined ? {} : { not_before: dateTime(not_before) },
    ...not_after === undefined ? {} : { not_after: dateTime(not_after) },
  };
}

/** The configuration; without `given` nothing is said of one that isn't there or can't be loaded. */
async function configFor(
  io: Pick<Io, "complain" | "variable">,
  given: string | undefined,
): Promise<Config | undefined | "broken"> {
  try {
    return (await loadConfig(await configPath(given, io), io.variable)).config;
  } catch (error) {
    const expected = error instanceof ConfigError || error instanceof UsageError;
    if (!expected) throw error;
    if (given === undefined) return undefined;
    if (error instanceof UsageError) throw error;
    for (const problem of error.problems) io.complain(visible(formatProblem(problem)));
    return "broken";
  }
}

/** What the server that is configured makes of the new key. */
async function outlookText(
  io: Pick<Io, "complain" | "env">,
  config: Config,
  file: string,
  kid: string,
): Promise<string> {
  const { directory } = config.keys;
  if (directory === undefined) return "the server finds it once keys.directory names its folder";
  if (!await isSameFolder(directory, dirname(file))) {
    return `the server finds it once it stands in ${visible(directory)}`;
  }
  const problems: string[] = [];
  const { keys } = await inventory(config.keys, [], io.env.now(), problems);
  for (const problem of problems) io.complain(visible(problem));
  const key = keys.find((one) => one.kid === kid);
  if (key === undefined) return "the server can't use it";
  if (key.phase === "signing") return "it signs as soon as the server has seen it";
  if (key.phase === "announced" && key.signs_from !== undefined) {
    return `it is published as soon as the server has seen it, and signs from ${
      dateTime(key.signs_from)
    } on`;
  }
  const other = keys.find(({ alg, phase }) => alg === key.alg && phase === "signing");
  return `it is published as soon as the server has seen it, but ${
    visible(other?.place ?? "another one")
  } goes on signing, until that has a not_after or this one a not_before`;
}

async function isSameFolder(one: string, other: string): Promise<boolean> {
  try {
    return await Deno.realPath(one) === await Deno.realPath(other);
  } catch {
    return false;
  }
}
