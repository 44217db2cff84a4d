/** Everything that is wrong with an authorization request at once: for whoever runs the server, where its client can't be told. */

import type { Client, ResponseType } from "./client.ts";
import { OAuthError } from "./error.ts";
import { type Parameters, parametersOf } from "./parameters.ts";
import { parseCodeChallenge } from "./pkce.ts";
import { proveRedirectUri } from "./authorization_request.ts";
import { closestUri, withoutSecrets } from "./redirect_uri_difference.ts";
import { parseResponseMode } from "./response_mode.ts";
import { brings, findResponseType, grantTypesFor, parseResponseType } from "./response_type.ts";
import { parseScope } from "./scope.ts";

/** How the parameters of a request come: by themselves, or in a request object that is signed, fetched or pushed. */
export type RequestForm = "plain" | "request" | "request_uri" | "pushed";

/** What is left of a refused request: bounded, and nothing of it is secret. */
export interface AskedRequest {
  readonly form: RequestForm;
  /** Whether `parameters` are those that count; of an object that nobody could read there are only the outer ones. */
  readonly readable: boolean;
  readonly parameters: Readonly<Record<string, string>>;
  /** Parameters that were given twice. */
  readonly repeated: readonly string[];
  /** Why it was refused. */
  readonly error: string;
  readonly error_description: string;
  /** What only the log hears of that. */
  readonly reason: string | undefined;
}

/** One thing that is wrong. Whatever else it says is about `parameter`: what was asked, what is registered. */
export interface Finding {
  readonly parameter: string;
  readonly problem: string;
  readonly [detail: string]: unknown;
}

/** What of the server a request is held against. */
export interface KnownServer {
  /** All scopes that anybody may ask for. */
  readonly scopes: ReadonlySet<string>;
  /** Whether every client has to push its requests. */
  readonly require_pushed_authorization_requests: boolean;
}

/** What each check looks at. */
interface Checked {
  readonly server: KnownServer;
  readonly client: Client;
  readonly parameters: Parameters;
  /** What is asked for; `code` where that is nothing we know. */
  readonly type: ResponseType;
}

type Check = (checked: Checked) => readonly Finding[];

/** What is judged of the parameters, whatever else is wrong with them. */
const CHECKS: readonly Check[] = [
  checkRedirectUri,
  checkResponseType,
  checkResponseMode,
  checkScope,
  checkNonce,
  checkCodeChallenge,
];

/** All that is wrong with a request, held against the client as it is configured now; empty where nothing is, any more. */
export function checkRequest(
  server: KnownServer,
  client: Client | undefined,
  asked: AskedRequest,
): readonly Finding[] {
  const repeated = asked.repeated.map((parameter) => ({ parameter, problem: "is given twice" }));
  if (client === undefined) {
    const known = asked.parameters["client_id"] === undefined
      ? "is missing"
      : "no client of this name is configured";
    return [{ parameter: "client_id", problem: known }, ...repeated];
  }
  const parameters = parametersOf(Object.entries(asked.parameters));
  const type = findResponseType(parameters.get("response_type") ?? "") ?? "code";
  const checked = { server, client, parameters, type };
  return [
    ...client.enabled ? [] : [{ parameter: "client_id", problem: "the client is disabled" }],
    ...repeated,
    ...checkForm(server, client, asked),
    ...asked.readable ? CHECKS.flatMap((check) => check(checked)) : [],
  ];
}

/** RFC 9101, RFC 9126: how the request has to come, and whether it could be read. */
function checkForm(
  server: KnownServer,
  client: Client,
  { form, readable, error, error_description, reason }: AskedRequest,
): Finding[] {
  const findings: Finding[] = [];
  const mustPush = server.require_pushed_authorization_requests ||
    client.require_pushed_authorization_requests;
  if (mustPush && form !== "pushed") {
    const problem = "the request has to be pushed (require_pushed_authorization_requests)";
    findings.push({ parameter: "request_uri", problem });
  }
  if (client.require_signed_request_object && form === "plain") {
    const problem = "the request has to be signed (require_signed_request_object)";
    findings.push({ parameter: "request", problem });
  }
  if (form === "request" && client.jwks === undefined && client.jwks_uri === undefined) {
    const problem = "the client has neither jwks nor jwks_uri to sign requests with";
    findings.push({ parameter: "request", problem });
  }
  if (form === "request_uri" && client.request_uris.length === 0) {
    const problem = "the client has no request_uris";
    findings.push({ parameter: "request_uri", problem });
  }
  if (!readable) {
    const parameter = form === "pushed" ? "request_uri" : form;
    findings.push({ parameter, problem: error_description, error, reason });
  }
  return findings;
}

function checkRedirectUri({ client, parameters }: Checked): Finding[] {
  const problem = problemOf(() => proveRedirectUri(client, parameters));
  if (problem === undefined) return [];
  const asked = parameters.get("redirect_uri");
  const { redirect_uris } = client;
  const registered_uris = redirect_uris.length;
  if (asked === undefined) return [{ parameter: "redirect_uri", problem, registered_uris }];
  const difference = closestUri(redirect_uris, asked);
  const told = { asked: withoutSecrets(asked), registered_uris, ...difference };
  return [{ parameter: "redirect_uri", problem, ...told }];
}

function checkResponseType({ client, parameters }: Checked): Finding[] {
  const asked = parameters.get("response_type");
  const problem = problemOf(() => parseResponseType(client, parameters.require("response_type")));
  if (problem === undefined) return [];
  const type = findResponseType(asked ?? "");
  const missing = type === undefined
    ? []
    : grantTypesFor(type).filter((grant) => !client.grant_types.includes(grant));
  const { response_types: registered } = client;
  return [{
    parameter: "response_type",
    problem,
    asked,
    registered,
    ...missing.length > 0 && { missing_grant_types: missing },
  }];
}

function checkResponseMode({ parameters, type }: Checked): Finding[] {
  const problem = problemOf(() => parseResponseMode(type, parameters));
  const asked = parameters.get("response_mode");
  return problem === undefined ? [] : [{ parameter: "response_mode", problem, asked }];
}

function checkScope({ server: { scopes }, client, parameters, type }: Checked): Finding[] {
  const parameter = "scope";
  const text = parameters.get(parameter);
  if (text === undefined) return [{ parameter, problem: "scope is missing" }];
  const problem = problemOf(() => parseScope(text));
  if (problem !== undefined) return [{ parameter, problem }];
  const asked = parseScope(text);
  const unknown = asked.filter((name) => !scopes.has(name));
  const beyond = asked.filter((name) => scopes.has(name) && !client.scope.includes(name));
  const needed = brings(type, "id_token") && !asked.includes("openid");
  return [
    ...unknown.length === 0 ? [] : [{ parameter, problem: "is unknown here, so ignored", unknown }],
    ...beyond.length === 0 ? [] : [{ parameter, problem: "the client may not ask for it", beyond }],
    ...needed ? [{ parameter, problem: "an ID token needs the scope openid" }] : [],
  ];
}

function checkNonce({ parameters, type }: Checked): Finding[] {
  const missing = brings(type, "id_token") && parameters.get("nonce") === undefined;
  return missing ? [{ parameter: "nonce", problem: "nonce is missing" }] : [];
}

function checkCodeChallenge({ client, parameters, type }: Checked): Finding[] {
  if (!brings(type, "code")) return [];
  const problem = problemOf(() => parseCodeChallenge(client, parameters));
  const { require_pkce } = client;
  const method = parameters.get("code_challenge_method");
  return problem === undefined ? [] : [{
    parameter: "code_challenge",
    problem,
    code_challenge_method: method,
    require_pkce,
  }];
}

/** What a rule says against it; `undefined`: nothing. */
function problemOf(rule: () => unknown): string | undefined {
  try {
    rule();
    return undefined;
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    return error.message;
  }
}
