/** How is it shown what a client may do? */

import type { Messages } from "./messages/en.ts";
import { shown } from "./shown.ts";

/** A scope that a client asks for, or has. */
export interface ShownScope {
  readonly name: string;
  /** The operator's words; where there are none, ours. */
  readonly display_name?: string | undefined;
  readonly kind: "identity" | "api" | "offline";
}

const ORDER = { identity: 0, api: 1, offline: 2 } as const satisfies Record<
  ShownScope["kind"],
  number
>;

/** What the scopes let a client do: first what it sees of the person, then the APIs, last for how long. */
export function ScopeList(
  { scopes, words }: {
    readonly scopes: readonly ShownScope[];
    readonly words: Messages["scope"];
  },
) {
  const ordered = scopes.toSorted((left, right) => ORDER[left.kind] - ORDER[right.kind]);
  return (
    <ul class="scopes">
      {ordered.map((scope) => <ScopeItem key={scope.name} scope={scope} words={words} />)}
    </ul>
  );
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
