/** How does the page look that tells somebody what went wrong? */

import type { Child } from "hono/jsx";
import { ClientTile, nameOf, type ShownClient, webUrl } from "./client.tsx";
import { messagesOf, type View } from "./language.ts";
import { renderDocument } from "./layout.tsx";
import type { Messages } from "./messages/en.ts";
import { shown } from "./shown.ts";

/** What can have gone wrong, as people understand it. */
export type Explanation = keyof Messages["error"]["explanation"];

/** Who has to do something about it: the person, the developers of the application, or those who run this site. */
export type Turn = keyof Messages["error"]["whose"];

/** Whose turn it is after each. */
export const TURN: Readonly<Record<Explanation, Turn>> = {
  client: "developers",
  redirect_uri: "developers",
  request: "developers",
  request_object: "developers",
  logout: "developers",
  post_logout_redirect_uri: "developers",
  interaction_unknown: "person",
  interaction_foreign: "person",
  interaction_expired: "person",
  interaction_answered: "person",
  device_lost: "person",
  pushed_request: "person",
  session: "person",
  form: "person",
  other_site: "person",
  not_found: "person",
  method_not_allowed: "person",
  too_many: "person",
  unavailable: "operators",
  check: "operators",
  server: "operators",
};

/** What varies on the page. */
export interface ErrorPage {
  /** The protocol's word for it. */
  readonly code: string;
  readonly explanation: Explanation;
  /** What the log calls this request. */
  readonly trace_id: string;
  /** After how many seconds it is worth another try. */
  readonly retry_after?: number | undefined;
  /** The client to which the person may go back. */
  readonly back?: ShownClient | undefined;
  /** Where whoever runs the site has the details of a refused request written to the log. */
  readonly check?: string | undefined;
}

/** The page as HTML: what happened, and whose turn it is. The element `error` holds all of it. */
export function renderError(view: View, page: ErrorPage): string {
  const { documentTitle, error: words } = messagesOf(view.language);
  const { title, happened, turn } = words.explanation[page.explanation];
  const { retry_after: seconds, back } = page;
  return renderDocument(view, {
    title: documentTitle(title, view.site.name),
    children: (
      <div id="error">
        <div class="intro">
          {back !== undefined && <ClientTile client={back} />}
          <h1>{title}</h1>
          <p class="lede">{happened}</p>
        </div>
        <p>{seconds === undefined ? turn : words.again(seconds)}</p>
        {back !== undefined && <WayBack client={back} text={words.back(nameOf(back))} />}
        <dl class="small">
          <Fact name={words.turn}>
            <strong>{words.whose[TURN[page.explanation]]}</strong>
          </Fact>
          <Fact name={words.code}>
            <code>{shown(page.code)}</code>
          </Fact>
          <Fact name={words.trace}>
            <code>{shown(page.trace_id)}</code>
          </Fact>
        </dl>
        {page.check !== undefined && (
          <div class="links">
            <a id="check" href={page.check} rel="nofollow noreferrer">{words.check}</a>
          </div>
        )}
      </div>
    ),
  });
}

function Fact({ name, children }: { readonly name: string; readonly children: Child }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** A client that names no page of its own is named all the same. */
function WayBack({ client, text }: { readonly client: ShownClient; readonly text: string }) {
  const url = webUrl(client.client_uri);
  if (url === undefined) return null;
  return (
    <div class="actions">
      <a class="button primary" id="back" href={url} rel="noreferrer">{text}</a>
    </div>
  );
}
