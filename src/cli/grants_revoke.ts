/** `latchkey grants revoke`: how does an operator end what was granted? */

import { withdrawConsents } from "../login/consent.ts";
import { type GrantFilter, revokeGrant, revokeGrants } from "../tokens/stored_grants.ts";
import {
  type Command,
  command,
  CONFIG_OPTION,
  type Io,
  JSON_OPTION,
  UsageError,
} from "./command.ts";
import { GRANT_ID, NO_GRANT } from "./grant_text.ts";
import { FILTER_OPTIONS, filterOf } from "./grants_filter.ts";
import { strangers } from "./names.ts";
import { type OpenedStore, withStore } from "./opened_store.ts";
import { json } from "./visible.ts";
import { counted } from "./wording.ts";

/** Ends one grant, or all that match. */
export const grantsRevoke: Command = command({
  summary: "ends one grant, or all that match every filter",
  details: [
    "Codes and refresh tokens of an ended grant are refused from then on, and its access tokens wherever this",
    "server is asked about them; an API that checks them by itself takes them until they expire.",
    "",
    "With --user, --client or both, the remembered consents of that person, for that client, or of that person",
    "for that client are withdrawn too: else the grant would come back unasked. With an id or --session they stay.",
    "With --client alone, tokens that the client has got for itself until now end too.",
    "Sessions stay: whoever is logged in may grant anew.",
  ].join("\n"),
  options: { config: CONFIG_OPTION, ...FILTER_OPTIONS, json: JSON_OPTION },
  arguments: { id: { summary: `${GRANT_ID}; without any filter`, optional: true } },
  run(io, { config, json: asJson, ...filters }, { id }) {
    const filtered = Object.values(filters).some((value) => value !== undefined);
    if (id === undefined && !filtered) {
      throw new UsageError(
        "needs the id of a grant, or at least one of --user, --client and --session: never everything by accident",
      );
    }
    if (id !== undefined && filtered) {
      throw new UsageError("takes the id of a grant or filters, not both");
    }
    return withStore(io, config, async (server) => {
      const filter = await filterOf(server, filters);
      const ended = id === undefined
        ? await revokeMatching(server, filter)
        : await revokeOne(server, id);
      if (ended === undefined) {
        io.complain(NO_GRANT);
        return 1;
      }
      if (ended.grants === 0) {
        for (const stranger of await strangers(server, filter)) io.complain(stranger);
      }
      report(io, ended, asJson);
      return 0;
    });
  },
});

/** How many of each have ended. */
interface Ended {
  readonly grants: number;
  /** `undefined` where they were to stay. */
  readonly consents: number | undefined;
}

async function revokeOne(server: OpenedStore, id: string): Promise<Ended | undefined> {
  const grant = await revokeGrant(server, id);
  return grant === undefined ? undefined : { grants: 1, consents: undefined };
}

async function revokeMatching(server: OpenedStore, filter: GrantFilter): Promise<Ended> {
  // The consents first: the other way round a grant could come back in between.
  const consents = await withdrawMatching(server, filter);
  return { grants: await revokeGrants(server, filter), consents };
}

/** A consent belongs to a person and a client, but to no session. */
async function withdrawMatching(
  server: OpenedStore,
  { sub, client_id, sid }: GrantFilter,
): Promise<number | undefined> {
  if (sid !== undefined) return undefined;
  return await withdrawConsents(server, { sub, client_id });
}

function report(io: Pick<Io, "print">, { grants, consents }: Ended, asJson: boolean): void {
  if (asJson) {
    io.print(json({ grants, consents: consents ?? 0 }));
    return;
  }
  io.print(`${counted(grants, "grant")} ended`);
  if (consents !== undefined) io.print(`${counted(consents, "remembered consent")} withdrawn`);
}
