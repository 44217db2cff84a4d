/** The text format of Prometheus, read strictly, as whoever scrapes does. */

import assert from "node:assert/strict";

/** A metric as it stands there: the value of each series, by its labels as they are written. */
export interface Scraped {
  readonly type: string;
  readonly help: string;
  readonly series: ReadonlyMap<string, number>;
}

/** The metrics of a text by name. Throws for whatever is not in the format (version 0.0.4). */
export function parseMetrics(text: string): ReadonlyMap<string, Scraped> {
  const found = new Map<string, { type: string; help: string; series: Map<string, number> }>();
  const at = (name: string) => {
    const known = found.get(name) ?? { type: "", help: "", series: new Map() };
    found.set(name, known);
    return known;
  };
  assert.ok(text.endsWith("\n"));
  for (const line of text.split("\n").filter((line) => line !== "")) {
    const [, kind, named = "", rest = ""] = /^# (HELP|TYPE) ([a-z_]+) (.+)$/.exec(line) ?? [];
    if (kind === "HELP") at(named).help = rest;
    else if (kind === "TYPE") at(named).type = rest;
    else {
      const [, name = "", labels = "", value = ""] =
        /^([a-z_]+)(?:\{((?:[a-z_]+="[^"\\\n]*",?)*)\})? (\S+)$/.exec(line) ?? [];
      assert.notEqual(name, "", line);
      assert.ok(Number.isFinite(Number(value)), line);
      assert.ok(!at(name).series.has(labels), `twice: ${line}`);
      at(name).series.set(labels, Number(value));
    }
  }
  return found;
}
