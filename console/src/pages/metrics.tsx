import { useEffect, useRef } from 'preact/hooks';
import type { JSX } from 'preact';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { askText } from '../api.ts';
import { office, onEvent } from '../live/connection.ts';

const everyMs = 2000;
const keptSamples = 300;

interface ChartKind {
  readonly title: string;
  readonly unit: string;
  /** The value of now, out of the sums of the metrics since the last sample and now. */
  readonly read: (sample: Sample) => number | null;
}

interface Sample {
  readonly calls: number;
  /** Events that came since the last sample. */
  readonly events: number;
  /** What the counters and sums of the metrics have grown by. */
  readonly grown: (name: string) => number;
  readonly seconds: number;
}

const mean = ({ grown }: Sample, name: string): number | null => {
  const count = grown(`${name}_count`);
  return count === 0 ? null : (grown(`${name}_sum`) / count) * 1000;
};

const charts: readonly ChartKind[] = [
  { title: 'Live calls', unit: '', read: ({ calls }) => calls },
  { title: 'Events a second', unit: '/s', read: ({ events, seconds }) => events / seconds },
  { title: 'From the PBX to the log', unit: 'ms', read: (sample) => mean(sample, 'switchhook_pbx_lag_seconds') },
  { title: 'Writing to disk', unit: 'ms', read: (sample) => mean(sample, 'switchhook_log_commit_seconds') },
  { title: 'From the log to readers', unit: 'ms', read: (sample) => mean(sample, 'switchhook_feed_lag_seconds') },
  {
    title: 'Webhook attempts a second',
    unit: '/s',
    read: ({ grown, seconds }) => grown('switchhook_webhook_attempts_total') / seconds,
  },
];

/** Sums the samples of each metric over its labels, out of Prometheus's text. */
const parseMetrics = (text: string): ReadonlyMap<string, number> => {
  const sums = new Map<string, number>();
  for (const line of text.split('\n')) {
    const match = /^([a-z_]+)(?:\{[^}]*\})? ([0-9.e+-]+)$/i.exec(line);
    if (match?.[1] === undefined || match[1].endsWith('_bucket')) continue;
    sums.set(match[1], (sums.get(match[1]) ?? 0) + Number(match[2]));
  }
  return sums;
};

/** Small charts of the last ten minutes, while the page is open; a Prometheus reads /metrics for longer. */
export const MetricsPage = (): JSX.Element => {
  const hosts = useRef<(HTMLDivElement | null)[]>([]);
  useEffect(() => {
    const times: number[] = [];
    const series: (number | null)[][] = charts.map(() => []);
    const plots = charts.map(({ title, unit }, index) => {
      const host = hosts.current[index];
      return host === null || host === undefined ? undefined : plotIn(host, title, unit);
    });
    const stop = new AbortController();
    let events = 0;
    const leave = onEvent(() => (events += 1));
    let before: ReadonlyMap<string, number> | undefined;
    let sampledAt = performance.now();
    const sample = async (): Promise<void> => {
      const now = parseMetrics(await askText('/metrics', stop.signal));
      const last = before ?? now;
      const at = performance.now();
      const seconds = (at - sampledAt) / 1000;
      const taken: Sample = {
        calls: office.value?.calls.size ?? 0,
        events,
        grown: (name) => (now.get(name) ?? 0) - (last.get(name) ?? 0),
        seconds,
      };
      [events, before, sampledAt] = [0, now, at];
      times.push(Date.now() / 1000);
      charts.forEach(({ read }, index) => series[index]?.push(read(taken)));
      if (times.length > keptSamples) for (const each of [times, ...series]) each.shift();
      plots.forEach((plot, index) => plot?.setData([times, series[index] ?? []]));
    };
    const timer = setInterval(() => void sample().catch(() => undefined), everyMs);
    const resize = (): void => {
      plots.forEach((plot, index) => plot?.setSize({ width: hosts.current[index]?.clientWidth ?? 300, height: chartHeight }));
    };
    addEventListener('resize', resize);
    return () => {
      stop.abort();
      leave();
      clearInterval(timer);
      removeEventListener('resize', resize);
      for (const plot of plots) plot?.destroy();
    };
  }, []);
  return (
    <>
      <h1>Metrics</h1>
      <p class="quiet">While this page is open. For longer, let a Prometheus read /metrics.</p>
      <div class="charts">
        {charts.map(({ title, unit }, index) => (
          <section key={title} class="card" aria-label={title}>
            <h2>
              {title} <span class="quiet">{unit}</span>
            </h2>
            <div
              class="chart"
              ref={(element) => {
                hosts.current[index] = element;
              }}
            />
          </section>
        ))}
      </div>
    </>
  );
};

const chartHeight = 140;

const plotIn = (host: HTMLDivElement, label: string, unit: string): uPlot => {
  const style = getComputedStyle(document.documentElement);
  const line = style.getPropertyValue('--accent').trim() || '#0b6e75';
  const axis = { stroke: style.getPropertyValue('--quiet-plain').trim() || '#777', grid: { show: false } };
  const options: uPlot.Options = {
    width: host.clientWidth,
    height: chartHeight,
    cursor: { show: false },
    legend: { show: false },
    scales: { y: { range: (_plot, _min, max) => [0, Math.max(max * 1.1, 1)] } },
    axes: [axis, { ...axis, size: 50, values: (_plot, values) => values.map((value) => `${value}${unit === 'ms' ? ' ms' : ''}`) }],
    series: [{}, { label, stroke: line, width: 2, fill: `${line}22`, points: { show: false } }],
  };
  return new uPlot(options, [[], []], host);
};
