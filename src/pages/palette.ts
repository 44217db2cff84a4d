/** Which colours do the pages have, in light and in dark? */

import { type Color, mix, readableOn, textOn } from "./color.ts";

/** What one colour scheme fixes; custom properties of the same names in the stylesheet. */
const LIGHT = {
  canvas: "#f4f6fa",
  surface: "#ffffff",
  quiet: "#f4f6fa",
  field: "#ffffff",
  text: "#0f172a",
  muted: "#4b5768",
  line: "#e2e7ef",
  border: "#7d8899",
  alert: "#fef2f2",
  "alert-line": "#f3c1c1",
  "alert-text": "#991b1b",
  shadow: "0 1px 2px #0f172a0d, 0 16px 40px -8px #0f172a1f",
};

const DARK: typeof LIGHT = {
  canvas: "#0a0e16",
  surface: "#121824",
  quiet: "#1a2230",
  field: "#0d121c",
  text: "#e8ecf4",
  muted: "#a4afc2",
  line: "#242d3d",
  border: "#6c7a93",
  alert: "#2b1518",
  "alert-line": "#6b2a2f",
  "alert-text": "#fdb0b0",
  shadow: "0 1px 2px #00000066, 0 16px 40px -8px #000000a6",
};

/** The colour of buttons where the operator has chosen none. */
export const DEFAULT_PRIMARY = { light: "#1d4ed8", dark: "#8ab0ff" } as const;

/** Custom properties by name, without the leading `--`. */
export type Palette = Readonly<Record<string, string>>;

/** The light and the dark palette; whatever the operator chose, text stays readable (WCAG 2.2 §1.4.3). */
export function palettes(
  branding: {
    readonly primary_color?: Color | undefined;
    readonly primary_color_dark?: Color | undefined;
  },
): { light: Palette; dark: Palette } {
  const light = branding.primary_color ?? DEFAULT_PRIMARY.light;
  const dark = branding.primary_color_dark ??
    (branding.primary_color === undefined
      ? DEFAULT_PRIMARY.dark
      : readableOn([DARK.surface, DARK.canvas], branding.primary_color));
  return { light: complete(LIGHT, light), dark: complete(DARK, dark) };
}

function complete(scheme: typeof LIGHT, primary: Color): Palette {
  const ink = textOn(primary);
  return {
    ...scheme,
    primary,
    // away from its text, so that contrast only grows
    "primary-hover": mix(primary, ink === "#ffffff" ? "#000000" : "#ffffff", 0.16),
    "on-primary": ink,
    accent: readableOn([scheme.surface, scheme.canvas], primary),
  };
}
