/** How is it shown who is logged in? */

import type { Messages } from "./messages/en.ts";
import { initial, shown } from "./shown.ts";

/** Who is logged in, below a page's heading. */
export function Person(
  { user, words }: {
    readonly user: { readonly name: string };
    readonly words: Messages["person"];
  },
) {
  const name = shown(user.name);
  return (
    <p class="lede who">
      <span class="avatar" aria-hidden="true">{initial(name)}</span>
      <span>
        {words.signedInAs} <strong>{name}</strong>
      </span>
    </p>
  );
}
