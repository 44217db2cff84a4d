/** How does the page look that says where the details of a refused request are? */

import { messagesOf, type View } from "./language.ts";
import { renderDocument } from "./layout.tsx";
import { shown } from "./shown.ts";

/** What varies on the page: what the log calls the request. Nothing else may, for strangers see it too. */
export interface CheckedPage {
  readonly trace_id: string;
}

/** The page as HTML. */
export function renderChecked(view: View, { trace_id }: CheckedPage): string {
  const { documentTitle, checked: words, error } = messagesOf(view.language);
  return renderDocument(view, {
    title: documentTitle(words.title, view.site.name),
    children: (
      <>
        <div class="intro" id="checked" role="status">
          <h1>{words.title}</h1>
          <p class="lede">{words.hint}</p>
        </div>
        <dl class="small">
          <div>
            <dt>{error.trace}</dt>
            <dd>
              <code>{shown(trace_id)}</code>
            </dd>
          </div>
        </dl>
      </>
    ),
  });
}
