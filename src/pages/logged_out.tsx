/** How does the page look on which somebody finds that they are signed out? */

import { nameOf, type ShownClient } from "./client.tsx";
import { messagesOf, type View } from "./language.ts";
import { renderDocument } from "./layout.tsx";

/** What varies on the page. */
export interface LoggedOutPage {
  /** Where a link leads: the application that wants the person back. */
  readonly after?: { readonly client: ShownClient; readonly url: string } | undefined;
  /** What is loaded so that other applications hear of it (OpenID Connect Front-Channel Logout §3). */
  readonly frames: readonly string[];
  /** What the Content-Security-Policy of the response allows to run; with it the page follows the link by itself. */
  readonly nonce?: string;
}

/** The longest that the page waits for its iframes, in seconds: some application may hang. */
const PATIENCE = 3;

// once everything has loaded, or after a while; a page that is shown again from a cache goes on, too
const GO_ON = `(function () {
  function goOn() { location.replace(document.getElementById("submit").href); }
  window.addEventListener("load", goOn);
  setTimeout(goOn, ${PATIENCE * 1000});
})();`;

/** The page as HTML. Without script it goes on `PATIENCE` seconds after all has loaded; the link is there from the start. */
export function renderLoggedOut(view: View, { after, frames, nonce }: LoggedOutPage): string {
  const messages = messagesOf(view.language);
  const words = messages.loggedOut;
  return renderDocument(view, {
    title: messages.documentTitle(words.title, view.site.name),
    head: nonce !== undefined && after !== undefined && (
      <noscript>
        <meta http-equiv="refresh" content={`${PATIENCE}; url=${after.url}`} />
      </noscript>
    ),
    children: (
      <>
        <div class="intro" id="logged-out" role="status">
          <h1>{words.title}</h1>
          <p class="lede">{nonce === undefined ? words.hint : words.telling}</p>
        </div>
        {after !== undefined && (
          <a class="button primary" id="submit" href={after.url}>
            {words.back(nameOf(after.client))}
          </a>
        )}
        {frames.map((url) => <Frame key={url} url={url} />)}
        {nonce !== undefined && (
          <script nonce={nonce} dangerouslySetInnerHTML={{ __html: GO_ON }} />
        )}
      </>
    ),
  });
}

// the application's page may run and read its own cookies, and do nothing to ours
function Frame({ url }: { readonly url: string }) {
  return (
    <iframe
      src={url}
      hidden
      title=""
      sandbox="allow-scripts allow-same-origin"
      referrerpolicy="no-referrer"
    >
    </iframe>
  );
}
