/** Which colours can be read on which? */

/** A colour as `#rrggbb`. */
export type Color = string;

/** The contrast ratio of two colours, 1 to 21 (WCAG 2.2, "contrast ratio"). */
export function contrast(left: Color, right: Color): number {
  const [dark = 0, light = 0] = [luminance(left), luminance(right)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

/** A colour on its way to another: `share` 0 is `from`, 1 is `to`. */
export function mix(from: Color, to: Color, share: number): Color {
  const target = channels(to);
  const mixed = channels(from).map((value, index) =>
    Math.round(value + ((target[index] ?? value) - value) * share)
  );
  return `#${mixed.map((value) => value.toString(16).padStart(2, "0")).join("")}`;
}

/** White where it can be read on `background` (WCAG 2.2 §1.4.3: 4.5), else black, which then always can. */
export function textOn(background: Color): Color {
  return contrast("#ffffff", background) >= 4.5 ? "#ffffff" : "#000000";
}

/** `color`, mixed with black or white just as far as text of it on each of `backgrounds` needs (WCAG 2.2 §1.4.3: 4.5). */
export function readableOn(backgrounds: readonly [Color, ...Color[]], color: Color): Color {
  const goal = textOn(backgrounds[0]);
  for (let share = 0; share < 1; share += 0.02) {
    const candidate = mix(color, goal, share);
    if (backgrounds.every((background) => contrast(candidate, background) >= 4.5)) return candidate;
  }
  return goal;
}

// WCAG 2.2, "relative luminance"
function luminance(color: Color): number {
  const [red = 0, green = 0, blue = 0] = channels(color).map((channel) => {
    const value = channel / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function channels(color: Color): number[] {
  return [1, 3, 5].map((start) => parseInt(color.slice(start, start + 2), 16));
}
