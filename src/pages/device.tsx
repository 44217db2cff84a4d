/** How does the page look on which somebody types in the code that a device shows? */

import { HiddenFields } from "./hidden_fields.tsx";
import { messagesOf, type View } from "./language.ts";
import { renderDocument } from "./layout.tsx";
import type { Messages } from "./messages/en.ts";
import { shown } from "./shown.ts";

/** Why the last try did not succeed; `seconds` until the next may. */
export type DeviceProblem =
  | { readonly kind: "malformed" | "unknown" }
  | { readonly kind: "wait"; readonly seconds: number };

/** What varies on the page. */
export interface DevicePage {
  /** Where the form goes. */
  readonly action: string;
  readonly csrf_token: string;
  /** What stands in the field already. */
  readonly user_code?: string | undefined;
  readonly problem?: DeviceProblem | undefined;
}

/** The page as HTML. Its form sends `csrf_token` and `user_code`. A code that came with the address is to be compared (RFC 8628 §3.3.1). */
export function renderDevice(view: View, page: DevicePage): string {
  const { action, csrf_token, user_code = "", problem } = page;
  const messages = messagesOf(view.language);
  const words = messages.device;
  const came = user_code !== "" && problem === undefined;
  const title = problem === undefined
    ? messages.documentTitle(words.title, view.site.name)
    : messages.documentTitleWithProblem(words.title, view.site.name);
  return renderDocument(view, {
    title,
    children: (
      <>
        <div class="intro">
          <h1>{words.title}</h1>
          <p class="lede" id="purpose">{came ? words.compare : words.purpose}</p>
        </div>
        {problem !== undefined && (
          <p class="alert" id="problem" role="alert">{describe(words.problem, problem)}</p>
        )}
        <form method="post" action={action}>
          <HiddenFields values={{ csrf_token }} />
          <label for="user_code">{words.code}</label>
          <input
            type="text"
            class="code"
            id="user_code"
            name="user_code"
            value={shown(user_code)}
            inputmode="text"
            autocomplete="off"
            autocapitalize="characters"
            spellcheck={false}
            required
            autofocus={!came}
            aria-describedby={problem === undefined ? "purpose" : "problem"}
            aria-invalid={problem === undefined || problem.kind === "wait" ? undefined : "true"}
          />
          <div class="actions">
            <button type="submit" class="primary" id="submit">{words.submit}</button>
          </div>
        </form>
      </>
    ),
  });
}

function describe(words: Messages["device"]["problem"], problem: DeviceProblem): string {
  return problem.kind === "wait" ? words.wait(problem.seconds) : words[problem.kind];
}
