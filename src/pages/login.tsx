/** How does the page look on which somebody logs in? */

import { ClientLinks, ClientTile, nameOf, type ShownClient } from "./client.tsx";
import { HiddenFields } from "./hidden_fields.tsx";
import { messagesOf, type View } from "./language.ts";
import { renderDocument } from "./layout.tsx";
import type { Messages } from "./messages/en.ts";
import { initial, shown } from "./shown.ts";

/** Why the last try did not succeed; `seconds` until the next may. */
export type LoginProblem =
  | { readonly kind: "wrong" | "empty" }
  | { readonly kind: "wait"; readonly seconds: number };

/** What varies on the page. */
export interface LoginPage {
  /** Where the forms go. */
  readonly action: string;
  readonly interaction: string;
  readonly csrf_token: string;
  /** Where the person comes from; `undefined`: they want to see their account. */
  readonly client?: ShownClient | undefined;
  /** What stands in the field already. */
  readonly username?: string | undefined;
  readonly problem?: LoginProblem | undefined;
  /** Who is logged in and may simply continue. */
  readonly current?: { readonly name: string } | undefined;
  /** Whether whoever is logged in has to prove it once more; then nobody may simply continue. */
  readonly reauthenticate: boolean;
}

/** The page as HTML. Its forms send `interaction`, `csrf_token` and `action`: `login` (with `username` and `password`), `cancel` or `continue`. */
export function renderLogin(view: View, page: LoginPage): string {
  const { client, problem, current, reauthenticate } = page;
  const messages = messagesOf(view.language);
  const words = messages.login;
  const heading = reauthenticate ? words.againTitle : words.title;
  const title = problem === undefined
    ? messages.documentTitle(heading, view.site.name)
    : messages.documentTitleWithProblem(heading, view.site.name);
  const name = client && nameOf(client);
  const purpose = name === undefined ? words.purposeAccount : words.purpose(name);
  const mayContinue = current !== undefined && !reauthenticate;
  return renderDocument(view, {
    title,
    children: (
      <>
        <div class="intro">
          {client?.logo_uri !== undefined && <ClientTile client={client} />}
          <h1>{heading}</h1>
          <p class="lede">{reauthenticate ? words.again(name) : purpose}</p>
        </div>
        {problem !== undefined && (
          <p class="alert" id="problem" role="alert">{describe(words.problem, problem)}</p>
        )}
        {mayContinue && <ContinueForm page={page} name={shown(current.name)} words={words} />}
        <LoginForm page={page} focus={!mayContinue} words={words} />
        {client !== undefined && <ClientLinks client={client} messages={messages.client} />}
      </>
    ),
  });
}

type Words = Messages["login"];

// a form of its own: were it in the other, Enter in a field would press this button, the first of the form
function ContinueForm(
  { page, name, words }: {
    readonly page: LoginPage;
    readonly name: string;
    readonly words: Words;
  },
) {
  const { action, interaction, csrf_token } = page;
  return (
    <form method="post" action={action}>
      <HiddenFields values={{ interaction, csrf_token }} />
      <button type="submit" class="person" id="continue" name="action" value="continue">
        <span class="avatar" aria-hidden="true">{initial(name)}</span>
        <span>{words.continueAs(name)}</span>
      </button>
      <p class="or">{words.or}</p>
    </form>
  );
}

function LoginForm(
  { page, focus, words }: {
    readonly page: LoginPage;
    readonly focus: boolean;
    readonly words: Words;
  },
) {
  const { action, interaction, csrf_token, username = "", problem } = page;
  const field = {
    required: true,
    "aria-describedby": problem && "problem",
    "aria-invalid": problem?.kind === "wrong" || problem?.kind === "empty" ? "true" : undefined,
  } as const;
  return (
    <form method="post" action={action}>
      <HiddenFields values={{ interaction, csrf_token }} />
      <label for="username">{words.username}</label>
      <input
        type="text"
        id="username"
        name="username"
        value={shown(username)}
        autocomplete="username"
        autocapitalize="none"
        spellcheck={false}
        autofocus={focus && username === ""}
        {...field}
      />
      <label for="password">{words.password}</label>
      <input
        type="password"
        id="password"
        name="password"
        autocomplete="current-password"
        autofocus={focus && username !== ""}
        {...field}
      />
      <div class="actions">
        <button type="submit" class="primary" id="submit" name="action" value="login">
          {words.submit}
        </button>
        <button type="submit" id="cancel" name="action" value="cancel" formnovalidate>
          {words.cancel}
        </button>
      </div>
    </form>
  );
}

function describe(words: Words["problem"], problem: LoginProblem): string {
  return problem.kind === "wait" ? words.wait(problem.seconds) : words[problem.kind];
}
