/** How metrics are kept and written in the text format of Prometheus. */

import {
  type CounterName,
  type GaugeName,
  type MetricKind,
  METRICS,
  type Metrics,
} from "./metrics.ts";

/** Metrics that somebody reads. */
export interface Prometheus extends Metrics {
  /** The media type of `text`. */
  readonly contentType: string;
  /** All of them as they are now. */
  text(): Promise<string>;
}

/** Metrics that begin now, at zero. The library is loaded only here: whoever reads none does without. */
export async function openPrometheus(): Promise<Prometheus> {
  const { Counter, Gauge, Registry } = await import("prom-client");
  const registry = new Registry();
  const options = (name: string, { labels, help }: MetricKind) => ({
    name: `latchkey_${name}`,
    help,
    labelNames: [...labels],
    registers: [registry],
  });
  const ofKind = <T>(kind: MetricKind["kind"], make: (name: string, metric: MetricKind) => T) =>
    new Map(
      Object.entries<MetricKind>(METRICS).filter(([, metric]) => metric.kind === kind)
        .map(([name, metric]) => [name, make(name, metric)]),
    );
  const counters = ofKind("counter", (name, metric) => new Counter(options(name, metric)));
  const gauges = ofKind("gauge", (name, metric) => new Gauge(options(name, metric)));
  return {
    count: (name: CounterName, labels, number = 1) => counters.get(name)?.inc(labels, number),
    set(name: GaugeName, series) {
      const gauge = gauges.get(name);
      gauge?.reset();
      for (const [labels, value] of series) gauge?.set(labels, value);
    },
    contentType: registry.contentType,
    text: () => registry.metrics(),
  };
}
