/** What does our own logo look like? */

import { type Color, textOn } from "./color.ts";

/** A key on a tile of `color`, as SVG; it stands where the operator has no logo. Needs neither style nor script. */
export function drawMark(color: Color): string {
  const ink = textOn(color);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48">
<rect width="48" height="48" rx="12" fill="${color}"/>
<g fill="none" stroke="${ink}" stroke-width="3.5" stroke-linecap="round" stroke-linejoin="round">
<circle cx="18.5" cy="29.5" r="7"/>
<path d="M23.5 24.5 35 13M30 18l4.5 4.5"/>
</g>
</svg>
`;
}
