/** How does the page look on which somebody is asked what a client may have? */

import { ClientLinks, ClientTile, nameOf, type ShownClient } from "./client.tsx";
import { HiddenFields } from "./hidden_fields.tsx";
import { messagesOf, type View } from "./language.ts";
import { renderDocument } from "./layout.tsx";
import { Person } from "./person.tsx";
import { ScopeList, type ShownScope } from "./scopes.tsx";
import { shown } from "./shown.ts";

/** What varies on the page. */
export interface ConsentPage {
  /** Where the form goes. */
  readonly action: string;
  readonly interaction: string;
  readonly csrf_token: string;
  readonly client: ShownClient;
  readonly user: { readonly name: string };
  readonly scopes: readonly ShownScope[];
  /** Whether the answer may be remembered. */
  readonly remember: boolean;
  /** Where the answer goes. */
  readonly redirect_host: string;
}

/** The page as HTML. Its form sends `interaction`, `csrf_token`, `action`: `allow` or `deny`, and where it is ticked `remember`: `true`. */
export function renderConsent(view: View, page: ConsentPage): string {
  const { client, remember, interaction, csrf_token } = page;
  const messages = messagesOf(view.language);
  const words = messages.consent;
  const heading = words.title(nameOf(client));
  return renderDocument(view, {
    title: messages.documentTitle(heading, view.site.name),
    children: (
      <>
        <div class="intro">
          <ClientTile client={client} />
          <h1>{heading}</h1>
          <Person user={page.user} words={messages.person} />
        </div>
        <h2>{words.asks}</h2>
        <ScopeList scopes={page.scopes} words={messages.scope} />
        <form method="post" action={page.action}>
          <HiddenFields values={{ interaction, csrf_token }} />
          {remember && (
            <label class="check">
              <input type="checkbox" id="remember" name="remember" value="true" checked />
              <span>{words.remember}</span>
            </label>
          )}
          <div class="actions">
            <button type="submit" class="primary" id="allow" name="action" value="allow">
              {words.allow}
            </button>
            <button type="submit" id="deny" name="action" value="deny">{words.deny}</button>
          </div>
        </form>
        <p class="small">{words.host(shown(page.redirect_host))}</p>
        <p class="small">{words.removable(view.site.name)}</p>
        <ClientLinks client={client} messages={messages.client} />
      </>
    ),
  });
}
