// One metric of some runs. It is fetched when it comes into sight; a zoom asks for finer buckets.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { series as fetchSeries } from "../api/client";
import type { Series } from "./decode";
import { type Line, Plot } from "./plot";
import { align, append, smooth, spread, union } from "./transform";

export interface Look {
  axis: "step" | "time" | "relative";
  smoothing: number;
  logX: boolean;
  logY: boolean;
  range: [number, number] | null;
  /** Runs of one group become a mean with its spread. */
  groups: ReadonlyMap<string, string> | null;
  baseline: string | null;
}

export interface Drawn {
  id: string;
  name: string;
  colour: string;
}

interface Props {
  metric: string;
  title: string;
  runs: readonly Drawn[];
  look: Look;
  zoom: (range: [number, number] | null) => void;
  height?: number;
  /** How far each run is, as the server tells it: points beyond what is here are fetched. */
  steps: ReadonlyMap<string, number>;
  pinned?: boolean;
  pin?: () => void;
}

export function ChartCard(props: Props) {
  const { metric, title, runs, look, zoom, steps } = props;
  const box = useRef<HTMLElement>(null);
  const [seen, setSeen] = useState(false);
  const [found, setFound] = useState<Series[] | null>(null);
  const [error, setError] = useState<Error | null>(null);
  const ids = useMemo(() => runs.map((run) => run.id), [runs]);
  const width = useRef(600);
  useEffect(() => {
    const observer = new IntersectionObserver(
      (entries) => entries.some((entry) => entry.isIntersecting) && setSeen(true),
      { rootMargin: "300px" },
    );
    observer.observe(box.current!);
    return () => observer.disconnect();
  }, []);
  const name = `${ids.join()} ${metric} ${look.axis} ${look.range?.join() ?? ""}`;
  const shown = useRef("");
  useEffect(() => {
    if (!seen || !ids.length) return;
    const abort = new AbortController();
    width.current = box.current?.clientWidth ?? 600;
    const body = {
      runs: ids.slice(0, 200),
      metric,
      axis: look.axis,
      buckets: Math.max(200, Math.min(1500, Math.round(width.current))),
      ...(look.range ? { start: look.range[0], end: look.range[1] } : {}),
    };
    fetchSeries(body, abort.signal).then(
      (some) => {
        shown.current = name;
        setFound(some);
        setError(null);
      },
      (trouble: Error) => abort.signal.aborted || setError(trouble),
    );
    return () => abort.abort();
  }, [seen, name]);

  // only the tail of a run that goes on is fetched
  const ahead = (found ?? [])
    .filter((one) => (steps.get(one.run) ?? -1) > 0 && look.axis === "step" && !look.range)
    .filter((one) => (steps.get(one.run) ?? -1) > (one.x[one.x.length - 1] ?? -1))
    .map((one) => one.run);
  const beat = ahead.map((id) => `${id}${steps.get(id)}`).join();
  useEffect(() => {
    if (!beat || !found) return;
    const abort = new AbortController();
    for (const one of found.filter((each) => ahead.includes(each.run))) {
      const start = one.x[one.x.length - 1] ?? 0;
      fetchSeries(
        { runs: [one.run], metric, axis: "step", buckets: 1000, start },
        abort.signal,
      ).then(
        ([tail]) => {
          if (!tail || shown.current !== name) return;
          setFound(
            (old) =>
              old?.map((each) => (each.run === tail.run ? append(each, tail) : each)) ?? null,
          );
        },
        () => {},
      );
    }
    return () => abort.abort();
  }, [beat]);

  const drawn = useMemo(() => (found ? lines(found, runs, look) : null), [found, runs, look]);
  const points = found?.reduce((sum, one) => sum + one.points, 0) ?? 0;
  const rows = found?.reduce((sum, one) => sum + one.x.length, 0) ?? 0;
  const height = props.height ?? 220;
  return (
    <section class="card chart" ref={box} data-testid="chart" data-metric={metric}>
      <header>
        <h3 title={metric}>{title}</h3>
        {points > rows && (
          <small title="Exact minimum, maximum and mean of each bucket; zoom in for finer ones">
            {points.toLocaleString("en")} points
          </small>
        )}
        <span class="grow" />
        {look.range && (
          <button
            type="button"
            class="icon"
            title="Show all"
            aria-label="Show all"
            onClick={() => zoom(null)}
          >
            <Arrows />
          </button>
        )}
        {props.pin && (
          <button
            type="button"
            class={`icon${props.pinned ? " on" : ""}`}
            title={props.pinned ? "Unpin" : "Pin to the top"}
            aria-label={props.pinned ? "Unpin" : "Pin to the top"}
            aria-pressed={props.pinned}
            onClick={props.pin}
          >
            <Pin />
          </button>
        )}
        <SaveButton metric={metric} found={found} runs={runs} box={box} />
      </header>
      {error && <p class="quiet">{error.message}</p>}
      {drawn && drawn.lines.length > 0 ? (
        <Plot
          x={drawn.x}
          lines={drawn.lines}
          xKind={look.axis}
          logX={look.logX}
          logY={look.logY}
          height={height}
          group={look.axis}
          range={look.range}
          zoom={zoom}
          label={`${metric} of ${runs.length} runs`}
        />
      ) : (
        <div class="plot" style={{ height: `${height}px` }}>
          {found && !error && <p class="quiet">No points here.</p>}
        </div>
      )}
    </section>
  );
}

function lines(
  found: Series[],
  runs: readonly Drawn[],
  look: Look,
): { x: Float64Array; lines: Line[] } {
  const usable = look.logX ? found.map(positive) : found;
  if (look.groups) return groupLines(usable, look, look.groups);
  const x = union(usable.map((one) => one.x));
  const byId = new Map(runs.map((run) => [run.id, run]));
  const faint: Line[] = [];
  const strong: Line[] = [];
  for (const one of usable) {
    const run = byId.get(one.run);
    if (!run) continue;
    const at = { label: run.name, colour: run.colour, dash: look.baseline === one.run };
    const raw = align(x, one.x, one.y);
    const envelope = {
      low: one.low ? align(x, one.x, one.low) : undefined,
      high: one.high ? align(x, one.x, one.high) : undefined,
    };
    if (look.smoothing > 0) {
      faint.push({ ...at, ...envelope, faint: true, values: raw });
      strong.push({ ...at, values: align(x, one.x, smooth(one.y, look.smoothing)) });
    } else strong.push({ ...at, ...envelope, values: raw });
  }
  return { x, lines: [...faint, ...strong] };
}

const GROUP_COLOURS = [
  "#2a78c2",
  "#e07b1f",
  "#0f9b83",
  "#cc3d5e",
  "#8a63d2",
  "#a48400",
  "#3fb0d8",
  "#b0553a",
];

function groupLines(
  found: Series[],
  look: Look,
  groups: ReadonlyMap<string, string>,
): { x: Float64Array; lines: Line[] } {
  const byGroup = new Map<string, Series[]>();
  for (const one of found) {
    const group = groups.get(one.run) ?? "";
    byGroup.set(group, [...(byGroup.get(group) ?? []), one]);
  }
  const names = [...byGroup.keys()].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  const bands = names.map((name) => spread(byGroup.get(name)!));
  const x = union(bands.map((band) => band.x));
  return {
    x,
    lines: bands.map((band, place) => ({
      label: `${names[place] || "(none)"} ×${byGroup.get(names[place]!)!.length}`,
      colour: GROUP_COLOURS[place % GROUP_COLOURS.length]!,
      values: align(x, band.x, look.smoothing ? smooth(band.mean, look.smoothing) : band.mean),
      low: align(x, band.x, band.low),
      high: align(x, band.x, band.high),
    })),
  };
}

function positive(one: Series): Series {
  let from = 0;
  while (from < one.x.length && one.x[from]! <= 0) from += 1;
  const cut = (column: Float64Array) => column.subarray(from);
  return {
    ...one,
    x: cut(one.x),
    y: cut(one.y),
    low: one.low && cut(one.low),
    high: one.high && cut(one.high),
  };
}

function SaveButton(props: {
  metric: string;
  found: Series[] | null;
  runs: readonly Drawn[];
  box: { current: HTMLElement | null };
}) {
  const save = () => {
    const names = new Map(props.runs.map((run) => [run.id, run.name]));
    const text = ["run,name,x,value,low,high"];
    for (const one of props.found ?? [])
      for (let i = 0; i < one.x.length; i += 1)
        text.push(
          [
            one.run,
            JSON.stringify(names.get(one.run) ?? ""),
            one.x[i],
            one.y[i],
            one.low?.[i] ?? "",
            one.high?.[i] ?? "",
          ].join(),
        );
    download(
      new Blob([text.join("\n")], { type: "text/csv" }),
      `${props.metric.replaceAll("/", "-")}.csv`,
    );
  };
  return (
    <button type="button" class="icon" title="Save as CSV" aria-label="Save as CSV" onClick={save}>
      <svg viewBox="0 0 14 14" width="13" height="13" aria-hidden="true">
        <path
          d="M7 1.5v7.2M4 6l3 3 3-3M2 12.2h10"
          fill="none"
          stroke="currentColor"
          stroke-width="1.3"
          stroke-linecap="round"
          stroke-linejoin="round"
        />
      </svg>
    </button>
  );
}

function Arrows() {
  return (
    <svg viewBox="0 0 14 14" width="13" height="13" aria-hidden="true">
      <path
        d="M1.5 7h11M4 4.5 1.5 7 4 9.5M10 4.5 12.5 7 10 9.5"
        fill="none"
        stroke="currentColor"
        stroke-width="1.3"
      />
    </svg>
  );
}

function Pin() {
  return (
    <svg viewBox="0 0 14 14" width="13" height="13" aria-hidden="true">
      <path
        d="M5 1.5h4l-.6 4.2 2.1 2.3H3.5l2.1-2.3zM7 8v4.8"
        fill="none"
        stroke="currentColor"
        stroke-width="1.3"
        stroke-linejoin="round"
        stroke-linecap="round"
      />
    </svg>
  );
}

function download(content: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
