/** Whether the names in a configuration are given once, and whether what is named exists. */

import { comparableUsername } from "../lib/username.ts";
import { STANDARD_SCOPES } from "../oauth/scope.ts";
import type { Finding } from "./finding.ts";
import type { Path } from "./problem.ts";
import type { Config } from "./schema.ts";
import { didYouMean } from "./suggest.ts";

/** Names given twice, and names of nothing. */
export function nameFindings(config: Config, incomplete: ReadonlySet<string>): Finding[] {
  return [
    ...duplicates(config),
    ...unknownScopes(config, incomplete),
    ...unknownGroups(config, incomplete),
  ];
}

type Named = readonly [path: Path, name: string];

function duplicates(config: Config): Finding[] {
  const { identity_scopes, scopes, resources, clients, users, groups } = config;
  const name = (section: string, member: string) => (value: string, index: number): Named => [
    [section, index, member],
    value,
  ];
  const scopeNames = [
    ...identity_scopes.map((scope) => scope.name).map(name("identity_scopes", "name")),
    ...scopes.map((scope) => scope.name).map(name("scopes", "name")),
  ];
  return [
    ...scopeNames.filter(([, scope]) => STANDARD_SCOPES.some((one) => one === scope))
      .map(([path]) => ({ path, message: "this scope is built in" })),
    ...repeated(scopeNames, "a scope of this name exists"),
    ...repeated(
      resources.map((one) => one.resource).map(name("resources", "resource")),
      "given twice",
    ),
    // Both are names under which somebody asks about tokens.
    ...namesOfClients(
      clients,
      resources.map((one) => one.resource).map(name("resources", "resource")),
    ),
    ...repeated(
      clients.map((client) => client.client_id).map(name("clients", "client_id")),
      "given twice",
    ),
    ...repeated(users.map((user) => user.sub).map(name("users", "sub")), "given twice"),
    // RFC 9068 §5: the `sub` of a client's own token must not read as a person's
    ...namesOfClients(clients, users.map((user) => user.sub).map(name("users", "sub"))),
    ...repeated(
      users.map((user) => comparableUsername(user.username)).map(name("users", "username")),
      "given twice (letter case does not count)",
    ),
    ...repeated(groups.map((group) => group.name).map(name("groups", "name")), "given twice"),
  ];
}

/** Names that are the `client_id` of a client too. */
function namesOfClients(clients: Config["clients"], names: readonly Named[]): Finding[] {
  const ids = new Set(clients.map(({ client_id }) => client_id));
  return names.filter(([, name]) => ids.has(name))
    .map(([path]) => ({ path, message: "is the client_id of a client" }));
}

function repeated(names: readonly Named[], message: string): Finding[] {
  const first = new Map<string, Path>();
  return names.flatMap(([path, name]) => {
    const earlier = first.get(name);
    if (earlier !== undefined) return [{ path, message, earlier }];
    first.set(name, path);
    return [];
  });
}

function unknownScopes(config: Config, incomplete: ReadonlySet<string>): Finding[] {
  const api = config.scopes.map((scope) => scope.name);
  const all = [...STANDARD_SCOPES, ...config.identity_scopes.map((scope) => scope.name), ...api];
  const ofClients = incomplete.has("scopes") || incomplete.has("identity_scopes")
    ? []
    : config.clients.flatMap(({ scope }, index) =>
      unknown("scope", scope, all, () => ["clients", index, "scope"])
    );
  const ofResources = incomplete.has("scopes")
    ? []
    : config.resources.flatMap(({ scopes }, index) =>
      unknown("API scope", scopes, api, (which) => ["resources", index, "scopes", which])
    );
  return [...ofResources, ...ofClients];
}

function unknownGroups(config: Config, incomplete: ReadonlySet<string>): Finding[] {
  const known = config.groups.map((group) => group.name);
  // Without the section, groups are whatever users are in.
  if (known.length === 0 || incomplete.has("groups")) return [];
  return [
    ...config.clients.flatMap(({ allowed_groups }, index) =>
      unknown(
        "group",
        allowed_groups,
        known,
        (which) => ["clients", index, "allowed_groups", which],
      )
    ),
    ...config.users.flatMap(({ groups }, index) =>
      unknown("group", groups, known, (which) => ["users", index, "groups", which])
    ),
  ];
}

function unknown(
  what: string,
  names: readonly string[],
  known: readonly string[],
  path: (index: number) => Path,
): Finding[] {
  const set = new Set(known);
  return names.flatMap((name, index) =>
    set.has(name) ? [] : [{
      path: path(index),
      message: `unknown ${what} ${JSON.stringify(name)}${didYouMean(name, known)}`,
    }]
  );
}
