/** How do the code of a device and the warning around it look? */

/** What is to stand in the stylesheet for them: CSS text, behind the rules of all pages. */
export const DEVICE_RULES = `
input.code, .device-code code { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; letter-spacing: 0.08em; }
input.code { min-block-size: 3.75rem; font-size: 1.625rem; text-align: center; }
.device-code {
  margin-block-end: 1.5rem;
  padding: 0.75rem 1rem;
  background: var(--quiet);
  border: 1px solid var(--line);
  border-radius: 0.75rem;
  text-align: center;
}
.device-code dt { color: var(--muted); font-size: 0.875rem; }
.device-code code { font-size: 1.625rem; font-weight: 600; }
.alert > p + p { margin-block-start: 0.375rem; }
.alert strong { color: inherit; font-size: 1.0625rem; font-weight: 680; }
.actions + .small, form + .links { margin-block: 0.75rem 0; }
.card + .card { margin-block-start: 0.75rem; }`;
