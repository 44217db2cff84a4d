/** `latchkey grants check`: do the records and the indexes that find them agree? */

import { checkIndexes } from "../store/check.ts";
import { type Command, command, CONFIG_OPTION, JSON_OPTION } from "./command.ts";
import { withStore } from "./opened_store.ts";
import { json, visible } from "./visible.ts";

/** Compares every record with its index entries. */
export const grantsCheck: Command = command({
  summary: "proves that records and their indexes agree",
  details:
    "Counts the records of each kind and the index entries that lead to them. Every disagreement, an entry that is\nmissing or one that leads to no record, is a line of stderr; exits 1 where there is one.",
  options: { config: CONFIG_OPTION, json: JSON_OPTION },
  run(io, { config, json: asJson }) {
    return withStore(io, config, async ({ store, env }) => {
      const indexes = await checkIndexes(store, env);
      const ok = indexes.every(({ problems }) => problems.length === 0);
      if (asJson) {
        io.print(json({ ok, indexes }));
        return ok ? 0 : 1;
      }
      if (ok) io.print("ok");
      for (const { kind, records, entries, problems } of indexes) {
        io.print(`${kind}: records ${records}, index entries ${entries}`);
        for (const problem of problems) io.complain(`${kind}: ${visible(problem)}`);
      }
      return ok ? 0 : 1;
    });
  },
});
