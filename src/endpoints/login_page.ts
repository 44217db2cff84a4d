/** What the login page shows: who is expected, who is here, and what was wrong with a try. */

import type { Context } from "hono";
import type { Config } from "../config/schema.ts";
import { formToken } from "../login/interaction.ts";
import type { AuthorizationRequest } from "../oauth/authorization_request.ts";
import { PATHS } from "../oauth/metadata.ts";
import { type Demands, isSomebodyElse, needsLogin } from "../oauth/prompt.ts";
import { type LoginProblem, renderLogin } from "../pages/login.tsx";
import { subjectFor } from "../tokens/subject.ts";
import { displayName } from "../users/directory.ts";
import { loggedIn } from "./browser.ts";
import type { FlowServer, WaitingFlow } from "./flow.ts";
import type { AppEnv } from "./http.ts";
import { formActionOf, page, viewOf } from "./page.ts";

/** What showing it needs. */
export type LoginPageServer = FlowServer & {
  readonly config: Pick<Config, "security" | "tokens">;
};

/** The page, with what was typed and what was wrong with it. */
export async function loginPage(
  server: LoginPageServer,
  c: Context<AppEnv>,
  flow: WaitingFlow,
  username: string | undefined,
  problem?: LoginProblem,
): Promise<Response> {
  const { open, browser } = flow;
  const demands = demandsOf(flow);
  const to = flow.kind === "authorization" ? flow : undefined;
  const login = await loggedIn(server, c);
  const someoneElse = login !== undefined && to !== undefined &&
    isSomebodyElse(demands, subjectFor(server, to.client, login.session.sub));
  const reauthenticate = login !== undefined && !someoneElse &&
    needsLogin(server.config.security.login.acr_ladder, demands, {
      session: login.session,
      interaction: open.interaction,
    }, server.env.now());
  // By a pairwise name nobody is found.
  const expected = demands.hinted_sub === undefined
    ? undefined
    : await server.users.findBySub(demands.hinted_sub);
  const html = renderLogin(viewOf(server, c, demands.ui_locales), {
    action: server.config.issuer + PATHS.login,
    interaction: open.handle,
    csrf_token: formToken(open.handle, browser),
    client: to?.client,
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
    formAction: to && formActionOf(to.target.redirect_uri),
    clients: to ? [to.client] : [],
  });
}

/** What a flow asks of the login; a visit to a page of ours takes anybody's. */
function demandsOf(
  flow: WaitingFlow,
): Demands & Pick<AuthorizationRequest, "ui_locales"> {
  if (flow.kind === "authorization") return flow.request;
  const { ui_locales } = flow.visit;
  return {
    prompt: [],
    max_age: undefined,
    hinted_sub: undefined,
    claims: undefined,
    acr_values: [],
    ui_locales,
  };
}
