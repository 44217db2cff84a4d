/** `latchkey check-config`: could the server start with this configuration? */

import { loadConfig, type Loaded } from "../config/load.ts";
import { requiredAlgorithms } from "../config/required_algorithms.ts";
import { ConfigError, formatProblem, type Problem } from "../config/problem.ts";
import { type Command, command, CONFIG_OPTION, type Io, JSON_OPTION } from "./command.ts";
import { checkKeys } from "../keys/check.ts";
import { missingAlgorithms } from "../keys/required_keys.ts";
import { ListenError, readCertificate } from "./listen.ts";
import { configPath } from "./config_path.ts";
import { json, visible } from "./visible.ts";

/** Runs the server's own loader and prints every problem. */
export const checkConfig: Command = command({
  summary: "checks the configuration and prints every problem",
  details: "Every problem is a line of stderr, file:line:column: path: message.",
  options: { config: CONFIG_OPTION, json: JSON_OPTION },
  async run(io, { config, json: asJson }) {
    const outcome = await load(await configPath(config, io), io);
    if (asJson) {
      io.print(json(
        "problems" in outcome
          ? { ok: false, problems: outcome.problems, warnings: [] }
          : { ok: true, problems: [], warnings: outcome.warnings, summary: summary(outcome) },
      ));
    } else {
      report(io, outcome);
    }
    return "problems" in outcome ? 1 : 0;
  },
});

/** What `serve` would still stumble over, keys and certificate, all of it at once; and what is dubious about the keys. */
async function startProblems(
  path: string,
  { config, locate }: Loaded,
  now: number,
): Promise<{ readonly problems: readonly Problem[]; readonly warnings: readonly Problem[] }> {
  const { problems, warnings, ...present } = await checkKeys(config.keys, now);
  const of = (member: string) => (message: string): Problem => ({
    file: path,
    line: 0,
    column: 0,
    path: member,
    message,
  });
  // Which keys are missing can be told once those that are there can be read.
  const missing = problems.length > 0
    ? []
    : missingAlgorithms(requiredAlgorithms(config), present, now);
  return {
    problems: [
      ...problems.map(of("keys")),
      ...missing.map(({ path, message }) => ({ ...locate(path), message })),
      ...(await certificateProblems(config)).map(of("listen.tls")),
    ],
    warnings: warnings.map(of("keys")),
  };
}

async function certificateProblems({ listen }: Loaded["config"]): Promise<string[]> {
  try {
    await readCertificate(listen);
    return [];
  } catch (error) {
    if (error instanceof ListenError) return [error.message];
    throw error;
  }
}

type Outcome = Loaded | { readonly problems: readonly Problem[] };

async function load(path: string, io: Pick<Io, "variable" | "env">): Promise<Outcome> {
  try {
    const loaded = await loadConfig(path, io.variable);
    const { problems, warnings } = await startProblems(path, loaded, io.env.now());
    if (problems.length > 0) return { problems };
    return { ...loaded, warnings: [...loaded.warnings, ...warnings] };
  } catch (error) {
    if (error instanceof ConfigError) return { problems: error.problems };
    throw error;
  }
}

function report(io: Pick<Io, "print" | "complain">, outcome: Outcome): void {
  if ("problems" in outcome) {
    for (const problem of outcome.problems) io.complain(visible(formatProblem(problem)));
    return;
  }
  for (const warning of outcome.warnings) {
    io.complain(visible(formatProblem({ ...warning, message: `warning: ${warning.message}` })));
  }
  io.print("ok");
  for (const [name, value] of Object.entries(summary(outcome))) io.print(`${name}: ${value}`);
}

function summary({ config }: Loaded) {
  return {
    issuer: config.issuer,
    clients: config.clients.length,
    users: config.users.length,
    resources: config.resources.length,
    scopes: config.scopes.length,
    identity_scopes: config.identity_scopes.length,
  };
}
