/** How does the page look on which somebody is asked what a client may have? */

import { ClientLinks, ClientTile, nameOf, type ShownClient } from "./client.tsx";
import { HiddenFields } from "./hidden_fields.tsx";
import { messagesOf, type View } from "./language.ts";
import { renderDocument } from "./layout.tsx";
import type { Messages } from "./messages/en.ts";
import { initial, shown } from "./shown.ts";

/** A scope that is asked for. */
export interface ShownScope {
  readonly name: string;
  /** The operator's words; where there are none, ours. */
  readonly display_name?: string | undefined;
  readonly kind: "identity" | "api" | "offline";
}

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

const ORDER = { identity: 0, api: 1, offline: 2 } as const satisfies Record<
  ShownScope["kind"],
  number
>;

/** The page as HTML. Its form sends `interaction`, `csrf_token`, `action`: `allow` or `deny`, and where it is ticked `remember`: `true`. */
export function renderConsent(view: View, page: ConsentPage): string {
  const { client, remember, interaction, csrf_token } = page;
  const messages = messagesOf(view.language);
  const words = messages.consent;
  const heading = words.title(nameOf(client));
  const user = shown(page.user.name);
  const scopes = page.scopes.toSorted((left, right) => ORDER[left.kind] - ORDER[right.kind]);
  return renderDocument(view, {
    title: messages.documentTitle(heading, view.site.name),
    children: (
      <>
        <div class="intro">
          <ClientTile client={client} />
          <h1>{heading}</h1>
          <p class="lede who">
            <span class="avatar" aria-hidden="true">{initial(user)}</span>
            <span>
              {words.user} <strong>{user}</strong>
            </span>
          </p>
        </div>
        <h2>{words.asks}</h2>
        <ul class="scopes">
          {scopes.map((scope) => (
            <ScopeItem key={scope.name} scope={scope} words={messages.scope} />
          ))}
        </ul>
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
        <ClientLinks client={client} messages={messages.client} />
      </>
    ),
  });
}

function ScopeItem(
  { scope, words }: { readonly scope: ShownScope; readonly words: Messages["scope"] },
) {
  const { title, detail } = describe(words, scope);
  return (
    <li>
      <span>{title}</span>
      {detail !== "" && <small>{detail}</small>}
    </li>
  );
}

function describe(
  words: Messages["scope"],
  { name, display_name, kind }: ShownScope,
): { title: string; detail: string } {
  if (display_name !== undefined) return { title: shown(display_name), detail: "" };
  const { otherIdentity, otherApi, ...known } = words;
  if (kind !== "api" && Object.hasOwn(known, name)) return known[name as keyof typeof known];
  const other = kind === "identity" ? otherIdentity : otherApi;
  return { title: other(shown(name)), detail: "" };
}
