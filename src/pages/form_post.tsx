/** How does the page look that carries an answer to the client by POST? */

import { HiddenFields } from "./hidden_fields.tsx";
import { messagesOf, type View } from "./language.ts";
import { renderDocument } from "./layout.tsx";

/** What varies on the page. */
export interface FormPostPage {
  /** The redirect URI. */
  readonly action: string;
  /** The answer. */
  readonly parameters: Readonly<Record<string, string>>;
  /** What the Content-Security-Policy of the response allows to run. */
  readonly nonce: string;
}

// a button with the id `submit` hides the form's method of that name
const PRESS = 'document.getElementById("submit").click()';

/** The page as HTML, which sends itself (OAuth 2.0 Form Post Response Mode §2); without script the button does. */
export function renderFormPost(view: View, { action, parameters, nonce }: FormPostPage): string {
  const { documentTitle, formPost: words } = messagesOf(view.language);
  return renderDocument(view, {
    title: documentTitle(words.title, view.site.name),
    children: (
      <>
        <div class="intro">
          <h1>{words.title}</h1>
          <p class="lede">{words.hint}</p>
        </div>
        <form method="post" action={action}>
          <HiddenFields values={parameters} />
          <div class="actions">
            <button type="submit" class="primary" id="submit">{words.submit}</button>
          </div>
        </form>
        <script nonce={nonce} dangerouslySetInnerHTML={{ __html: PRESS }} />
      </>
    ),
  });
}
