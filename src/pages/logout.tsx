/** How does the page look on which somebody is asked whether they want to sign out? */

import { ClientTile, nameOf, type ShownClient } from "./client.tsx";
import { HiddenFields } from "./hidden_fields.tsx";
import { messagesOf, type View } from "./language.ts";
import { renderDocument } from "./layout.tsx";
import { Person } from "./person.tsx";

/** What varies on the page. */
export interface LogoutPage {
  /** Where the form goes. */
  readonly action: string;
  readonly interaction: string;
  readonly csrf_token: string;
  /** Which application asks for it; `undefined`: nobody but the person. */
  readonly client?: ShownClient | undefined;
  /** Who is logged in; `undefined`: somebody whom we no longer know. */
  readonly user?: { readonly name: string } | undefined;
}

/** The page as HTML. Its form sends `interaction`, `csrf_token` and `action`: `logout` or `cancel`. */
export function renderLogout(view: View, page: LogoutPage): string {
  const { action, interaction, csrf_token, client, user } = page;
  const messages = messagesOf(view.language);
  const words = messages.logout;
  return renderDocument(view, {
    title: messages.documentTitle(words.title, view.site.name),
    children: (
      <>
        <div class="intro">
          {client?.logo_uri !== undefined && <ClientTile client={client} />}
          <h1>{words.title}</h1>
          {user !== undefined && <Person user={user} words={messages.person} />}
        </div>
        <p>{client === undefined ? words.own : words.asked(nameOf(client))}</p>
        <p class="hint">{words.effect(view.site.name)}</p>
        <form method="post" action={action}>
          <HiddenFields values={{ interaction, csrf_token }} />
          <div class="actions">
            <button
              type="submit"
              class="primary"
              id="confirm-logout"
              name="action"
              value="logout"
            >
              {words.confirm}
            </button>
            <button type="submit" id="cancel" name="action" value="cancel">{words.cancel}</button>
          </div>
        </form>
      </>
    ),
  });
}
