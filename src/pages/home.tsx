/** How does the page look that somebody finds who comes without an application? */

import { messagesOf, type View } from "./language.ts";
import { renderDocument } from "./layout.tsx";

/** What varies on the page. */
export interface HomePage {
  /** Where the metadata document is. */
  readonly metadata: string;
  /** Where people see which applications have access. */
  readonly account: string;
  /** Where they type in the code of a device; `undefined`: no application here has any. */
  readonly device?: string | undefined;
}

/** The page as HTML: what this place is for, the way to one's account, and where developers read on. */
export function renderHome(view: View, { metadata, account, device }: HomePage): string {
  const { documentTitle, home } = messagesOf(view.language);
  return renderDocument(view, {
    title: documentTitle(home.title, view.site.name),
    children: (
      <>
        <div class="intro">
          <h1>{home.title}</h1>
          <p class="lede">{home.purpose}</p>
        </div>
        <a class="card" id="account" href={account}>
          <strong>{home.account}</strong>
          <small>{home.accountDetail}</small>
        </a>
        {device !== undefined && (
          <a class="card" id="device" href={device}>
            <strong>{home.device}</strong>
            <small>{home.deviceDetail}</small>
          </a>
        )}
        <div class="links">
          <a href={metadata}>{home.metadata}</a>
        </div>
      </>
    ),
  });
}
