/** How do the pages look? */

import type { Color } from "./color.ts";
import { DEVICE_RULES } from "./device_rules.ts";
import { LIST_RULES } from "./list_rules.ts";
import { type Palette, palettes } from "./palette.ts";

/** The stylesheet of all pages as CSS text, in the operator's colours. It loads nothing. */
export function writeStylesheet(
  branding: {
    readonly primary_color?: Color | undefined;
    readonly primary_color_dark?: Color | undefined;
  },
): string {
  const { light, dark } = palettes(branding);
  return `:root {
  color-scheme: light dark;
${declare(light)}
}
@media (prefers-color-scheme: dark) {
:root {
${declare(dark)}
}
}
${RULES}`;
}

function declare(palette: Palette): string {
  return Object.entries(palette).map(([name, value]) => `  --${name}: ${value};`).join("\n");
}

// 44 CSS pixels and more for what is pressed; all lengths of text and boxes grow with the reader's font size
const RULES = `
*, *::before, *::after { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0;
  min-block-size: 100vh;
  min-block-size: 100dvh;
  display: grid;
  align-content: center;
  justify-items: center;
  gap: 1.75rem;
  padding: clamp(1.5rem, 6vh, 4rem) 1rem clamp(2rem, 10vh, 6rem);
  background: var(--canvas) radial-gradient(60rem 28rem at 50% -8rem,
    color-mix(in srgb, var(--primary) 14%, var(--canvas)), var(--canvas)) no-repeat;
  color: var(--text);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", sans-serif;
  -webkit-font-smoothing: antialiased;
  overflow-wrap: anywhere;
}
.site {
  display: flex;
  align-items: center;
  justify-content: center;
  gap: 0.75rem;
  max-inline-size: 26rem;
  font-size: 1.125rem;
  font-weight: 650;
  letter-spacing: -0.01em;
}
.site img { display: block; block-size: 2.25rem; inline-size: auto; max-inline-size: 10rem; object-fit: contain; }
main {
  inline-size: 100%;
  max-inline-size: 26rem;
  padding: clamp(1.5rem, 6vw, 2.5rem);
  background: var(--surface);
  border: 1px solid var(--line);
  border-radius: 1.25rem;
  box-shadow: var(--shadow);
}
main:has(.applications) { max-inline-size: 38rem; }
h1, h2, h3, p, ul, dl, dd { margin: 0; padding: 0; }
ul { list-style: none; }
h1 { font-size: 1.5rem; line-height: 1.25; font-weight: 680; letter-spacing: -0.02em; text-wrap: balance; }
h2 { margin-block: 0 0.875rem; font-size: 0.9375rem; font-weight: 600; }
h3 { font-size: 1.0625rem; line-height: 1.3; font-weight: 650; }
strong { font-weight: 600; color: var(--text); }
code { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: 0.9375em; }
a { color: var(--accent); text-underline-offset: 0.25em; text-decoration-thickness: 1px; }
a:hover { text-decoration-thickness: 2px; }
.intro { display: grid; gap: 0.375rem; justify-items: center; text-align: center; margin-block-end: 1.75rem; }
.lede { color: var(--muted); text-wrap: balance; }

label { display: block; margin-block-end: 0.375rem; font-size: 0.9375rem; font-weight: 550; }
input[type="text"], input[type="password"] {
  display: block;
  inline-size: 100%;
  min-block-size: 3rem;
  margin-block-end: 1.125rem;
  padding: 0.5rem 0.875rem;
  font: inherit;
  color: var(--text);
  background: var(--field);
  border: 1px solid var(--border);
  border-radius: 0.75rem;
}
input[type="text"]:hover, input[type="password"]:hover { border-color: var(--text); }
input[type="text"]:focus, input[type="password"]:focus { border-color: var(--accent); }
input[aria-invalid="true"] { border-color: var(--alert-text); }
input:autofill { -webkit-text-fill-color: var(--text); box-shadow: inset 0 0 0 4rem var(--field); }
.check {
  display: flex;
  align-items: center;
  gap: 0.75rem;
  min-block-size: 2.75rem;
  margin-block: 0;
  font-weight: 400;
  cursor: pointer;
}
.check input { flex: none; inline-size: 1.25rem; block-size: 1.25rem; margin: 0; accent-color: var(--accent); }

.actions { display: grid; gap: 0.75rem; margin-block-start: 1.5rem; }
.check + .actions { margin-block-start: 0.75rem; }
button, a.button {
  inline-size: 100%;
  min-block-size: 3rem;
  padding: 0.625rem 1rem;
  font: inherit;
  font-weight: 600;
  color: var(--text);
  background: var(--quiet);
  border: 1px solid var(--line);
  border-radius: 0.75rem;
  text-align: center;
  text-decoration: none;
  cursor: pointer;
}
a.button { display: grid; place-items: center; }
button:hover { background: var(--line); }
button.primary, a.primary { color: var(--on-primary); background: var(--primary); border-color: transparent; }
button.primary:hover, a.primary:hover { background: var(--primary-hover); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
input[type="text"]:focus-visible, input[type="password"]:focus-visible { outline-width: 2px; outline-offset: 0; }

.alert {
  margin-block-end: 1.5rem;
  padding: 0.75rem 1rem;
  color: var(--alert-text);
  background: var(--alert);
  border: 1px solid var(--alert-line);
  border-inline-start: 4px solid var(--alert-text);
  border-radius: 0.75rem;
  font-size: 0.9375rem;
}
.notice {
  margin-block-end: 1.75rem;
  padding: 0.75rem 1rem;
  background: var(--quiet);
  border: 1px solid var(--line);
  border-inline-start: 4px solid var(--accent);
  border-radius: 0.75rem;
  font-size: 0.9375rem;
}
.avatar {
  flex: none;
  display: grid;
  place-items: center;
  inline-size: 2em;
  block-size: 2em;
  border-radius: 50%;
  color: var(--on-primary);
  background: var(--primary);
  font-weight: 600;
}
button.person { display: flex; align-items: center; gap: 0.875rem; min-block-size: 3.75rem; text-align: start; }
.or {
  display: flex;
  align-items: center;
  gap: 0.875rem;
  margin-block: 1.5rem;
  color: var(--muted);
  font-size: 0.875rem;
}
.or::before, .or::after { content: ""; flex: 1; min-inline-size: 1rem; border-block-start: 1px solid var(--line); }

.tile {
  display: grid;
  place-items: center;
  inline-size: 3.5rem;
  block-size: 3.5rem;
  overflow: hidden;
  color: var(--text);
  background: var(--quiet);
  border: 1px solid var(--line);
  border-radius: 1rem;
  font-size: 1.5rem;
  font-weight: 650;
}
.tile img { display: block; max-inline-size: 2.25rem; max-block-size: 2.25rem; }
.intro > .tile { margin-block-end: 0.75rem; }
.who { display: flex; align-items: center; gap: 0.5rem; margin-block-start: 0.375rem; font-size: 0.9375rem; text-wrap: wrap; text-align: start; }
.who .avatar { font-size: 0.8125rem; }
${LIST_RULES}
.small { margin-block-start: 1.25rem; color: var(--muted); font-size: 0.875rem; text-align: center; }
dl.small { padding-block-start: 1.25rem; border-block-start: 1px solid var(--line); text-align: start; }
dl.small > div { display: flex; flex-wrap: wrap; gap: 0 0.75rem; justify-content: space-between; align-items: baseline; }
dl.small dd { margin-inline-start: auto; overflow-wrap: anywhere; font-size: 0.78125rem; }
.links { display: flex; flex-wrap: wrap; justify-content: center; gap: 0 1.25rem; margin-block: 1rem -0.75rem; font-size: 0.875rem; }
.small + .links { margin-block-start: 0.25rem; }
.card {
  position: relative;
  display: grid;
  padding: 0.875rem 2.5rem 0.875rem 1rem;
  color: var(--text);
  background: var(--quiet);
  border: 1px solid var(--line);
  border-radius: 0.75rem;
  text-decoration: none;
}
.card:hover { background: var(--line); }
.card small { color: var(--muted); font-size: 0.875rem; }
.card::after { position: absolute; inset-inline-end: 1.25rem; inset-block-start: calc(50% - 0.21875rem); }
.small + .small { margin-block-start: 0.25rem; }
.links a { color: var(--muted); display: inline-flex; align-items: center; min-block-size: 2.75rem; }
.intro:last-child { margin-block-end: 0; }
#error > p, #check { text-align: center; text-wrap: balance; }
dl.small + .links { margin-block-start: 0.75rem; }
#error .actions + .small { margin-block-start: 1.75rem; }
#error dd strong { font-size: 0.8125rem; }
${DEVICE_RULES}

@media (max-width: 30rem) {
  body { align-content: start; background: var(--surface); padding-inline: 0; gap: 0.5rem; padding-block-start: 2rem; }
  .site { padding-inline: 1.25rem; }
  main { padding: 1.25rem; background: transparent; border: 0; box-shadow: none; }
  details { padding-inline-start: 0; flex-grow: 1000; }
  .applications form { flex: 1 1 auto; }
  .applications button { inline-size: 100%; }
}
@media (prefers-reduced-motion: no-preference) {
  button, input { transition: background-color 120ms, border-color 120ms; }
}
@media (forced-colors: active) {
  button.primary, a.primary, .avatar { border: 1px solid ButtonText; }
}
`;
