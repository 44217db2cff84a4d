/** GET and POST /account/login: who are you? */

import type { Context } from "hono";
import type { Config } from "../config/schema.ts";
import { comparableUsername } from "../lib/username.ts";
import type { Semaphore } from "../lib/semaphore.ts";
import type { TrustedProxies } from "../lib/address.ts";
import { formToken, noteProgress } from "../login/interaction.ts";
import { knownBrowser, rememberBrowser } from "../login/known_browser.ts";
import { loginWithPassword } from "../login/password.ts";
import { readSession, startSession } from "../login/session.ts";
import { OAuthError } from "../oauth/error.ts";
import { PATHS } from "../oauth/metadata.ts";
import type { Parameters } from "../oauth/parameters.ts";
import { isSomebodyElse, isTooOld } from "../oauth/prompt.ts";
import { type LoginProblem, renderLogin } from "../pages/login.tsx";
import type { Collections } from "../store/collection.ts";
import { displayName, type User, type UserDirectory } from "../users/directory.ts";
import { checkFormToken, type SentForm, sentForm } from "./form.ts";
import {
  backToFlow,
  type FlowServer,
  loggedIn,
  refuse,
  type WaitingFlow,
  waitingFlow,
} from "./flow.ts";
import { type AppEnv, audit, callerAddress, readQuery } from "./http.ts";
import { formActionOf, page, viewOf } from "./page.ts";

type Server = FlowServer & {
  readonly config: Pick<Config, "security">;
  readonly records: Pick<Collections, "throttle">;
  readonly users: UserDirectory;
  readonly hashing: Semaphore;
  readonly trustedProxies: TrustedProxies;
};

/** How long a browser is remembered as its owner's, in seconds. */
const KNOWN_FOR = 180 * 86_400;

/** Shows the login page of a flow. */
export async function showLogin(server: Server, c: Context<AppEnv>): Promise<Response> {
  const flow = await waitingFlow(server, c, readQuery(c).get("interaction"));
  return await loginPage(server, c, flow, flow.request.login_hint);
}

/** Takes the form: log in, go on as who is logged in, or cancel. */
export async function submitLogin(server: Server, c: Context<AppEnv>): Promise<Response> {
  const sent = await sentForm(server, c);
  checkFormToken(sent);
  const { form, flow } = sent;
  switch (form.get("action")) {
    case "cancel":
      return await refuse(server, c, flow, new OAuthError("access_denied", "the user cancelled"));
    case "continue":
      return await goOn(server, c, flow);
    default:
      return await logIn(server, c, sent);
  }
}

async function goOn(server: Server, c: Context<AppEnv>, flow: WaitingFlow): Promise<Response> {
  const login = await loggedIn(server, c);
  if (login !== undefined) {
    await noteProgress(server, flow.open.handle, { selected: login.session.sid });
  }
  return backToFlow(server, c, flow);
}

async function logIn(
  server: Server,
  c: Context<AppEnv>,
  { form, flow }: SentForm,
): Promise<Response> {
  const credentials = readCredentials(form);
  if (credentials === undefined) {
    return await loginPage(server, c, flow, form.get("username"), { kind: "empty" });
  }
  const { username, password } = credentials;
  const account = comparableUsername(username);
  const cookie = server.cookies.get(c, "known");
  const address = callerAddress(server, c);
  const result = await loginWithPassword(server, {
    username,
    password,
    address,
    knownBrowser: await knownBrowser(server, cookie, account),
  });
  if ("problem" in result) {
    const { client_id } = flow.client;
    audit(server, c, "login.failed", { client_id, address, reason: result.problem });
    const problem: LoginProblem = result.problem === "wait"
      ? { kind: "wait", seconds: result.seconds }
      : { kind: "wrong" };
    return await loginPage(server, c, flow, username, problem);
  }
  await enter(server, c, flow, result.user);
  const remembered = await rememberBrowser(server, cookie, account);
  server.cookies.set(c, "known", remembered, KNOWN_FOR);
  return backToFlow(server, c, flow);
}

function readCredentials(form: Parameters): { username: string; password: string } | undefined {
  const [username, password] = [form.get("username"), form.get("password")];
  return username === undefined || password === undefined ? undefined : { username, password };
}

/** The person is in: a new session, and the flow knows. */
async function enter(
  server: Server,
  c: Context<AppEnv>,
  flow: WaitingFlow,
  user: User,
): Promise<void> {
  const cookie = server.cookies.get(c, "session");
  const before = await readSession(server, cookie);
  const previous = cookie === undefined || before === undefined
    ? undefined
    : { handle: cookie, session: before };
  const { handle, session } = await startSession(server, { sub: user.sub, amr: ["pwd"] }, previous);
  server.cookies.set(c, "session", handle);
  const { sid } = session;
  await noteProgress(server, flow.open.handle, { authenticated: sid, selected: sid });
  audit(server, c, "login.succeeded", { client_id: flow.client.client_id, sub: user.sub });
}

async function loginPage(
  server: Server,
  c: Context<AppEnv>,
  flow: WaitingFlow,
  username: string | undefined,
  problem?: LoginProblem,
): Promise<Response> {
  const { client, request, open, browser, target } = flow;
  const login = await loggedIn(server, c);
  const someoneElse = login !== undefined && isSomebodyElse(request, login.session);
  const reauthenticate = login !== undefined && !someoneElse &&
    isTooOld(request, login.session.auth_time, server.env.now());
  const expected = request.hinted_sub === undefined
    ? undefined
    : await server.users.findBySub(request.hinted_sub);
  const html = renderLogin(viewOf(server, c, request.ui_locales), {
    action: server.config.issuer + PATHS.login,
    interaction: open.handle,
    csrf_token: formToken(open.handle, browser),
    client,
    username: username ?? expected?.username ?? (reauthenticate ? login.user.username : undefined),
    problem,
    current: login && !reauthenticate && !someoneElse
      ? { name: displayName(login.user) }
      : undefined,
    reauthenticate,
  });
  const status = problem === undefined ? 200 : problem.kind === "wait" ? 429 : 400;
  return page(c, html, {
    status,
    headers: problem?.kind === "wait" ? { "Retry-After": String(problem.seconds) } : {},
    formAction: formActionOf(target.redirect_uri),
    imageOrigin: client.logo_uri && new URL(client.logo_uri).origin,
  });
}
