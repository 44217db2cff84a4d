/** How does the page look on which somebody is asked what a device may have? */

import { ClientLinks, ClientTile, nameOf, type ShownClient } from "./client.tsx";
import { HiddenFields } from "./hidden_fields.tsx";
import { messagesOf, type View } from "./language.ts";
import { renderDocument } from "./layout.tsx";
import { Person } from "./person.tsx";
import { ScopeList, type ShownScope } from "./scopes.tsx";

/** What varies on the page. */
export interface DeviceConfirmPage {
  /** Where the form goes. */
  readonly action: string;
  readonly interaction: string;
  readonly csrf_token: string;
  readonly client: ShownClient;
  readonly user: { readonly name: string };
  /** Whether this person may use the client at all; whoever may not can only refuse. */
  readonly allowed: boolean;
  /** As the device shows it. */
  readonly user_code: string;
  readonly scopes: readonly ShownScope[];
  /** Whether the device asked from another network address than the browser's. */
  readonly elsewhere: boolean;
  /** Where somebody else logs in. */
  readonly login: string;
}

/** The page as HTML: a warning of whoever sends codes to others (RFC 8628 §5.4), then the question. Its form sends `interaction`, `csrf_token` and `action`: `allow` or `deny`. */
export function renderDeviceConfirm(view: View, page: DeviceConfirmPage): string {
  const { client, allowed } = page;
  const messages = messagesOf(view.language);
  const words = messages.deviceConfirm;
  const name = nameOf(client);
  const heading = words.title(name);
  return renderDocument(view, {
    title: messages.documentTitle(heading, view.site.name),
    children: (
      <>
        <div class="intro">
          <ClientTile client={client} />
          <h1>{heading}</h1>
          <Person user={page.user} words={messages.person} />
        </div>
        {allowed
          ? <Warning page={page} words={words} />
          : <p class="alert" id="forbidden">{words.forbidden(name)}</p>}
        <dl class="device-code">
          <dt>{words.code}</dt>
          <dd>
            <code id="device-code">{page.user_code}</code>
          </dd>
        </dl>
        {allowed && (
          <>
            <h2>{messages.consent.asks}</h2>
            <ScopeList scopes={page.scopes} words={messages.scope} />
          </>
        )}
        <form method="post" action={page.action}>
          <HiddenFields values={{ interaction: page.interaction, csrf_token: page.csrf_token }} />
          <div class="actions">
            {allowed && (
              <button type="submit" class="primary" id="allow" name="action" value="allow">
                {messages.consent.allow}
              </button>
            )}
            <button type="submit" id="deny" name="action" value="deny">
              {messages.consent.deny}
            </button>
          </div>
        </form>
        <ul class="links">
          <li>
            <a id="another" href={page.login}>{words.another}</a>
          </li>
        </ul>
        {allowed && <p class="small">{messages.consent.removable(view.site.name)}</p>}
        <ClientLinks client={client} messages={messages.client} />
      </>
    ),
  });
}

type Words = ReturnType<typeof messagesOf>["deviceConfirm"];

function Warning(
  { page, words }: { readonly page: DeviceConfirmPage; readonly words: Words },
) {
  return (
    <div class="alert" id="phishing">
      <p>
        <strong>{words.warning}</strong>
      </p>
      <p>{words.phishing}</p>
      {page.elsewhere && <p id="elsewhere">{words.elsewhere}</p>}
    </div>
  );
}
