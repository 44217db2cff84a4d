/** How does the page look that tells somebody what went wrong? */

import { messagesOf, type View } from "./language.ts";
import { renderDocument } from "./layout.tsx";
import type { Messages } from "./messages/en.ts";
import { shown } from "./shown.ts";

/** What can have gone wrong, as people understand it. */
export type Explanation = keyof Messages["error"]["explanation"];

/** What varies on the page. */
export interface ErrorPage {
  /** The protocol's word for it. */
  readonly code: string;
  readonly explanation: Explanation;
  /** What the log calls this request. */
  readonly trace_id?: string | undefined;
}

/** The page as HTML: what happened, and whose turn it is. The element `error` holds all of it. */
export function renderError(view: View, page: ErrorPage): string {
  const { documentTitle, error: words } = messagesOf(view.language);
  const { title, happened, turn } = words.explanation[page.explanation];
  return renderDocument(view, {
    title: documentTitle(title, view.site.name),
    children: (
      <div id="error">
        <div class="intro">
          <h1>{title}</h1>
          <p class="lede">{happened}</p>
        </div>
        <p>{turn}</p>
        <dl class="small">
          <div>
            <dt>{words.code}</dt>
            <dd>
              <code>{shown(page.code)}</code>
            </dd>
          </div>
          {page.trace_id !== undefined && (
            <div>
              <dt>{words.trace}</dt>
              <dd>
                <code>{shown(page.trace_id)}</code>
              </dd>
            </div>
          )}
        </dl>
      </div>
    ),
  });
}
