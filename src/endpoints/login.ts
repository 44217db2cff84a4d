/** GET and POST /account/login: who are you? */

import type { Context } from "hono";
import { KNOWN_BROWSER_LIFETIME } from "../keys/sealed_life.ts";
import { deviceLabel } from "../lib/device.ts";
import { comparableUsername } from "../lib/username.ts";
import type { Semaphore } from "../lib/semaphore.ts";
import { type EndingServer, endSession } from "../login/end_session.ts";
import { formToken } from "../login/form_token.ts";
import { noteProgress } from "../login/interaction.ts";
import { knownBrowser, rememberBrowser } from "../login/known_browser.ts";
import { loginWithPassword } from "../login/password.ts";
import { type FormerSession, readSession, startSession } from "../login/session.ts";
import type { LoginMethod } from "../oauth/acr.ts";
import { OAuthError } from "../oauth/error.ts";
import type { Parameters } from "../oauth/parameters.ts";
import type { LoginProblem } from "../pages/login.tsx";
import type { User, UserDirectory } from "../users/directory.ts";
import { loggedIn } from "./browser.ts";
import { refuse } from "./client_answer.ts";
import { backToFlow, type FlowServer, type WaitingFlow } from "./flow.ts";
import { checkFormToken, sentForm } from "./form.ts";
import { type AppEnv, audit, callerAddress, readQuery } from "./http.ts";
import { loginPage } from "./login_page.ts";
import { auditEnded } from "./session_ended.ts";
import { keepBrowserState } from "./session_state.ts";
import { giveUp } from "./visit.ts";
import { waitingFlow } from "./waiting_flow.ts";

type Server = FlowServer & EndingServer & {
  readonly users: UserDirectory;
  readonly hashing: Semaphore;
};

/** Shows the login page of a flow. */
export async function showLogin(server: Server, c: Context<AppEnv>): Promise<Response> {
  const flow = await waitingFlow(server, c, readQuery(c).get("interaction"));
  return await loginPage(server, c, flow, flow.asked.login_hint);
}

/** Takes the form: log in, go on as who is logged in, or cancel. */
export async function submitLogin(server: Server, c: Context<AppEnv>): Promise<Response> {
  const form = await sentForm(server, c);
  const handle = server.cookies.get(c, "session");
  const before = await readSession(server, handle);
  const flow = await waitingFlow(server, c, form.get("interaction"));
  checkFormToken(form, formToken(flow.open.handle, flow.browser));
  switch (form.get("action")) {
    case "cancel":
      return await cancel(server, c, flow);
    case "continue":
      return await goOn(server, c, flow);
    default:
      return await logIn(server, c, flow, form, {
        handle,
        // Sent twice, and another answer was faster: what it began goes on.
        sid: before?.record.sid ?? flow.open.interaction.authenticated,
      });
  }
}

async function cancel(server: Server, c: Context<AppEnv>, flow: WaitingFlow): Promise<Response> {
  if (flow.kind !== "authorization") return await giveUp(server, c, flow);
  const error = new OAuthError("access_denied", "the user cancelled");
  return await refuse(server, c, flow, error, (await loggedIn(server, c))?.session);
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
  flow: WaitingFlow,
  form: Parameters,
  former: FormerSession,
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
    knownBrowser: knownBrowser(server, cookie, account),
  });
  if ("problem" in result) {
    audit(server, c, "login.failed", { ...goalOf(flow), address, reason: result.problem });
    const problem: LoginProblem = result.problem === "wait"
      ? { kind: "wait", seconds: result.seconds }
      : { kind: "wrong" };
    return await loginPage(server, c, flow, username, problem);
  }
  await enter(server, c, flow, result.user, former);
  const remembered = rememberBrowser(server, cookie, account);
  server.cookies.set(c, "known", remembered, KNOWN_BROWSER_LIFETIME);
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
  former: FormerSession,
): Promise<void> {
  const amr: readonly LoginMethod[] = ["pwd"];
  const login = { sub: user.sub, amr, device: deviceLabel(c.req.header("User-Agent")) };
  const { handle, session, left } = await startSession(server, login, former);
  // One browser has one session: that of whoever was here before is over.
  const ended = left && await endSession(server, left.sid, 0);
  if (ended !== undefined) auditEnded(server, c, ended, "replaced");
  server.cookies.set(c, "session", handle);
  keepBrowserState(server, c, session);
  const { sid } = session;
  await noteProgress(server, flow.open.handle, { authenticated: sid, selected: sid });
  audit(server, c, "login.succeeded", { ...goalOf(flow), sub: user.sub });
}

/** What for, as the log has it. */
function goalOf(flow: WaitingFlow): { client_id: string } | { page: string } {
  return flow.kind === "visit" ? { page: flow.visit.page } : { client_id: flow.client.client_id };
}
