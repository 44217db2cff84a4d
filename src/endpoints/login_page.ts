/** What the login page shows: who is expected, who is here, and what was wrong with a try. */

import type { Context } from "hono";
import { formToken } from "../login/form_token.ts";
import { PATHS } from "../oauth/metadata.ts";
import { isSomebodyElse, needsLogin } from "../oauth/prompt.ts";
import { type LoginProblem, renderLogin } from "../pages/login.tsx";
import { subjectFor } from "../tokens/subject.ts";
import { displayName } from "../users/directory.ts";
import { loggedIn } from "./browser.ts";
import type { FlowServer, WaitingFlow } from "./flow.ts";
import type { AppEnv } from "./http.ts";
import { formActionOf, page, triedOptions, viewOf } from "./page.ts";

/** The page, with what was typed and what was wrong with it. */
export async function loginPage(
  server: FlowServer,
  c: Context<AppEnv>,
  flow: WaitingFlow,
  username: string | undefined,
  problem?: LoginProblem,
): Promise<Response> {
  const { open, browser, asked, client } = flow;
  const login = await loggedIn(server, c);
  const someoneElse = login !== undefined && client !== undefined &&
    isSomebodyElse(asked, subjectFor(server, client, login.session.sub));
  const reauthenticate = login !== undefined && !someoneElse &&
    needsLogin(server.config.security.login.acr_ladder, asked, {
      session: login.session,
      interaction: open.interaction,
    }, server.env.now());
  // By a pairwise name nobody is found.
  const expected = asked.hinted_sub === undefined
    ? undefined
    : await server.users.findBySub(asked.hinted_sub);
  const html = renderLogin(viewOf(server, c, asked.ui_locales), {
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
  return page(c, html, {
    ...triedOptions(problem),
    formAction: flow.kind === "authorization" ? formActionOf(flow.target.redirect_uri) : undefined,
    clients: client ? [client] : [],
  });
}
