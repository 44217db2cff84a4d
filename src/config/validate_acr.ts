/** Whether the ladder of what logins reach makes sense, and clients ask for what is on it. */

import type { Rung } from "../oauth/acr.ts";
import type { Finding } from "./finding.ts";
import type { Config } from "./schema.ts";
import { didYouMean } from "./suggest.ts";

const LADDER = ["security", "login", "acr_ladder"];

/** Rungs of one name, rungs that nobody hears of, and clients that ask for what is none. */
export function acrFindings(
  { security, clients }: Pick<Config, "security" | "clients">,
  incomplete: ReadonlySet<string>,
): Finding[] {
  if (incomplete.has("security")) return [];
  const ladder = security.login.acr_ladder;
  const names = ladder.map(({ acr }) => acr);
  return [
    ...ladder.flatMap((rung, index) => rungFindings(ladder, rung, index)),
    ...clients.flatMap(({ default_acr_values }, client) =>
      default_acr_values.flatMap((acr, index): Finding[] =>
        names.includes(acr) ? [] : [{
          path: ["clients", client, "default_acr_values", index],
          message: `no rung of ${LADDER.join(".")} is called so${didYouMean(acr, names)}`,
          warning: true,
        }]
      )
    ),
  ];
}

function rungFindings(ladder: readonly Rung[], rung: Rung, index: number): Finding[] {
  const first = ladder.findIndex(({ acr }) => acr === rung.acr);
  if (first < index) {
    const earlier = [...LADDER, first, "acr"];
    return [{ path: [...LADDER, index, "acr"], message: "given twice", earlier }];
  }
  const hidden = ladder.slice(index + 1).some((above) => reachesMore(above, rung));
  return hidden
    ? [{
      path: [...LADDER, index],
      message: "whatever reaches it reaches a higher one; is the ladder upside down?",
      warning: true,
    }]
    : [];
}

/** Whether every login that reaches one rung reaches the other too. */
function reachesMore(above: Rung, rung: Rung): boolean {
  return rung.methods.every((method) => above.methods.includes(method)) &&
    (above.max_age ?? Infinity) >= (rung.max_age ?? Infinity);
}
