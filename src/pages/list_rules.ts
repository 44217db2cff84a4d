/** How do the lists of scopes, of applications and of sessions look? */

/** What is to stand in the stylesheet for them: CSS text, behind the rules of all pages. */
export const LIST_RULES = `
.scopes { display: grid; gap: 0.875rem; padding-block-end: 1.25rem; margin-block-end: 0.75rem; border-block-end: 1px solid var(--line); }
.scopes li { position: relative; padding-inline-start: 2rem; }
.scopes li::before {
  content: "";
  position: absolute;
  inset-inline-start: 0.4375rem;
  inset-block-start: 0.25rem;
  inline-size: 0.4375rem;
  block-size: 0.8125rem;
  border: solid var(--accent);
  border-width: 0 2.5px 2.5px 0;
  transform: rotate(45deg);
}
.scopes small { display: block; color: var(--muted); font-size: 0.875rem; }
.hint, .empty { color: var(--muted); text-wrap: pretty; }
.hint, .facts { font-size: 0.875rem; }
p:not([class]) + .hint { margin-block-start: 0.375rem; }
h2 + .hint { text-wrap: balance; }
h2:has(+ .hint) { margin-block-end: 0.25rem; }
.applications { margin-block-start: 1.25rem; }
.applications > li {
  display: flex;
  flex-wrap: wrap;
  align-items: start;
  gap: 0.5rem 0.875rem;
  padding-block: 1.25rem;
  border-block-start: 1px solid var(--line);
}
.applications > li:last-child { padding-block-end: 0; }
.applications .tile { flex: none; inline-size: 2.75rem; block-size: 2.75rem; border-radius: 0.75rem; font-size: 1.1875rem; }
.applications .tile img { max-inline-size: 1.75rem; max-block-size: 1.75rem; }
.about { flex: 1 0 calc(100% - 3.625rem); max-inline-size: calc(100% - 3.625rem); }
.facts { display: flex; flex-wrap: wrap; column-gap: 1rem; overflow: clip; margin-block-start: 0.125rem; color: var(--muted); }
.facts span { position: relative; margin-inline-start: -1rem; padding-inline-start: 1rem; }
.facts span::before { content: "·" / ""; position: absolute; inset-inline-start: 0; inline-size: 1rem; text-align: center; }
details { flex: 1 1 auto; padding-inline-start: 3.625rem; }
details[open] { flex-basis: 100%; }
.applications form { margin-inline-start: auto; }
details[open] + form { margin-block-start: 0.5rem; }
summary {
  display: flex;
  align-items: center;
  gap: 0.625rem;
  inline-size: fit-content;
  min-block-size: 2.75rem;
  color: var(--accent);
  font-size: 0.9375rem;
  font-weight: 550;
  cursor: pointer;
  list-style: none;
  border-radius: 0.5rem;
}
summary::-webkit-details-marker { display: none; }
summary::before, .card::after {
  content: "";
  inline-size: 0.4375rem;
  block-size: 0.4375rem;
  border: solid currentcolor;
  border-width: 0 2px 2px 0;
  transform: rotate(-45deg);
}
details[open] > summary::before { transform: rotate(45deg); }
details .scopes { margin-block: 0.375rem 0; padding-block-end: 0; border: 0; font-size: 0.9375rem; }
details .links { justify-content: start; margin-block: 0.25rem 0; }
.applications + h2, .empty + h2 { margin-block-start: 2.5rem; }
.sessions > li { align-items: center; }
.sessions .about { flex: 1 1 11rem; max-inline-size: none; }
.sessions svg { stroke-width: 1.75; stroke-linecap: round; stroke-linejoin: round; }
.everywhere { display: flex; flex-wrap: wrap; gap: 0.75rem; margin-block-start: 1.5rem; }
.everywhere button { flex: 1 1 auto; inline-size: auto; min-block-size: 2.75rem; font-size: 0.9375rem; }
.applications button { inline-size: auto; min-block-size: 2.75rem; padding-block: 0.375rem; font-size: 0.9375rem; }`;
