/** What the server counts and measures, and how that is written down from anywhere. */

/** What a metric is: a count since the start of the instance, or a value of this moment. */
export interface MetricKind {
  readonly kind: "counter" | "gauge";
  readonly labels: readonly string[];
  readonly help: string;
}

/**
 * Every metric, by its name without the prefix `latchkey_`: the reference. Base units; no label without a bound, so
 * that neither clients nor time make series.
 */
export const METRICS = {
  keys: {
    kind: "gauge",
    labels: ["alg", "source", "phase"],
    help: "Signing keys that are published.",
  },
  key_changes_total: {
    kind: "counter",
    labels: ["event", "alg"],
    help: "What this instance saw become of signing keys, as in the log.",
  },
  signing_key_age_seconds: {
    kind: "gauge",
    labels: ["alg"],
    help: "For how long the key that signs has done so, where that is known.",
  },
  keys_next_change_timestamp_seconds: {
    kind: "gauge",
    labels: ["alg"],
    help: "When a key of the algorithm begins, ends or goes next, as far as that is decided.",
  },
  static_key_not_after_timestamp_seconds: {
    kind: "gauge",
    labels: ["alg"],
    help: "When a configured key that signs ends by its not_after.",
  },
  keys_fresh: {
    kind: "gauge",
    labels: [],
    help: "1 where the instance knows of managed keys well enough to sign with them, else 0.",
  },
  key_tend_failures_total: {
    kind: "counter",
    labels: [],
    help: "Rounds in which the instance could not tend the keys, as key.tend_failed in the log.",
  },
  key_tended_timestamp_seconds: {
    kind: "gauge",
    labels: [],
    help: "When the instance last tended the keys.",
  },
  data_protection_keys: {
    kind: "gauge",
    labels: ["source", "phase"],
    help: "Keys of the data protection ring.",
  },
  data_protection_changes_total: {
    kind: "counter",
    labels: ["event"],
    help: "What this instance saw become of the ring, as in the log.",
  },
} as const satisfies Record<string, MetricKind>;

/** Which metrics there are. */
export type MetricName = keyof typeof METRICS;

/** The labels that a metric has, each with a value. */
export type Labels<N extends MetricName> = Readonly<
  Record<typeof METRICS[N]["labels"][number], string>
>;

/** The counters, and the gauges. */
export type CounterName = NameOf<"counter">;
export type GaugeName = NameOf<"gauge">;
type NameOf<K> = {
  [N in MetricName]: typeof METRICS[N]["kind"] extends K ? N : never;
}[MetricName];

/** Where counts and measurements go. */
export interface Metrics {
  /** Counts one, or so many: with 0 the series is there from then on. */
  count<N extends CounterName>(name: N, labels: Labels<N>, number?: number): void;
  /** Puts these series in the place of all that the gauge had. */
  set<N extends GaugeName>(name: N, series: readonly (readonly [Labels<N>, number])[]): void;
}

/** Nobody reads them. */
export const NO_METRICS: Metrics = { count() {}, set() {} };
