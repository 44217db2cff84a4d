/** How is an address drawn, so that a camera reads it? */

import { renderSVG, renderUnicodeCompact } from "uqr";

/** ISO/IEC 18004 §9.1: so many modules around a code are light. */
const QUIET_ZONE = 4;

/** As a picture: dark on white, whatever stands around it. */
export function qrCodeSvg(address: string): string {
  return renderSVG(address, { border: QUIET_ZONE, ecc: "M" });
}

/**
 * As text for terminals, two modules a character. What is light is drawn and what is dark left out, as letters are
 * light in most terminals; where they are dark the code is the wrong way round, which most cameras read too.
 */
export function qrCodeText(address: string): string {
  return `${renderUnicodeCompact(address, { border: QUIET_ZONE, ecc: "M" })}\n`;
}
