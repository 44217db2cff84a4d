/** How does the page look that somebody finds who comes without an application? */

import { messagesOf, type View } from "./language.ts";
import { renderDocument } from "./layout.tsx";

/** The page as HTML: what this place is for, and where developers read on. `metadata` is the address of the metadata document. */
export function renderHome(view: View, { metadata }: { readonly metadata: string }): string {
  const { documentTitle, home } = messagesOf(view.language);
  return renderDocument(view, {
    title: documentTitle(home.title, view.site.name),
    children: (
      <>
        <div class="intro">
          <h1>{home.title}</h1>
          <p class="lede">{home.purpose}</p>
        </div>
        <div class="links">
          <a href={metadata}>{home.metadata}</a>
        </div>
      </>
    ),
  });
}
