// Parallel coordinates: an axis for each parameter and metric that differs, a line for each run.
import { useState } from "preact/hooks";
import type { RunDetail } from "../api/client";
import { cell } from "../lib/format";

interface Axis {
  name: string;
  metric: boolean;
  place: (value: number | string) => number;
  ticks: (number | string)[];
}

const H = 340;
const TOP = 44;
const GAP = 150;

export function Parallel({
  runs,
  palette,
}: {
  runs: RunDetail[];
  palette: ReadonlyMap<string, string>;
}) {
  const [over, setOver] = useState<string | null>(null);
  const values = runs.map(
    (run) =>
      new Map<string, number | string>([
        ...run.params.map((one) => [`p ${one.key}`, numeric(one.value)] as const),
        ...run.metrics.map((one) => [`m ${one.key}`, one.value] as const),
      ]),
  );
  const names = [...new Set(values.flatMap((one) => [...one.keys()]))]
    .filter((name) => new Set(values.map((one) => one.get(name))).size > 1)
    .sort((a, b) => b[0]!.localeCompare(a[0]!) || a.localeCompare(b))
    .slice(0, 14);
  const axes = names.map((name) =>
    axisOf(
      name,
      values.map((one) => one.get(name)),
    ),
  );
  if (axes.length < 2) return <p class="quiet">These runs differ in too little to draw.</p>;
  const width = axes.length * GAP + 40;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys
    <div class="card scroll" tabIndex={0} role="region" aria-label="Parallel coordinates">
      <svg
        class="parallel"
        width={width}
        height={H + TOP + 20}
        role="img"
        aria-label="Parallel coordinates of the runs"
      >
        {axes.map((axis, at) => (
          <g key={axis.name} transform={`translate(${60 + at * GAP} ${TOP})`}>
            <line y2={H} />
          </g>
        ))}
        {runs.map((run, place) => {
          const points = axes
            .map((axis, at) => {
              const value = values[place]!.get(axis.name);
              return value === undefined ? null : `${60 + at * GAP},${TOP + axis.place(value) * H}`;
            })
            .filter((one) => one !== null);
          const id = run.run.id;
          return (
            <polyline
              key={id}
              class={over === null ? "" : over === id ? "on" : "off"}
              points={points.join(" ")}
              stroke={palette.get(id)}
              onPointerEnter={() => setOver(id)}
              onPointerLeave={() => setOver(null)}
            >
              <title>{run.run.name}</title>
            </polyline>
          );
        })}
        {axes.map((axis, at) => (
          <g key={axis.name} transform={`translate(${60 + at * GAP} ${TOP})`}>
            <text class="title" y="-24" text-anchor="middle">
              {axis.name.slice(2).length > 20 ? `${axis.name.slice(2, 21)}…` : axis.name.slice(2)}
            </text>
            <text class="small" y="-9" text-anchor="middle">
              {axis.metric ? "metric" : "param"}
            </text>
            {axis.ticks.map((tick) => (
              <text
                key={String(tick)}
                class="small"
                x="-6"
                y={axis.place(tick) * H + 4}
                text-anchor="end"
              >
                {cell(tick)}
              </text>
            ))}
          </g>
        ))}
      </svg>
    </div>
  );
}

function numeric(text: string): number | string {
  const value = Number(text);
  return text.trim() !== "" && Number.isFinite(value) ? value : text;
}

function axisOf(name: string, values: (number | string | undefined)[]): Axis {
  const known = values.filter((value) => value !== undefined);
  const metric = name.startsWith("m ");
  if (known.every((value) => typeof value === "number")) {
    const low = Math.min(...(known as number[]));
    const high = Math.max(...(known as number[]));
    const log = low > 0 && high / low > 50;
    const t = (value: number) => (log ? Math.log(value) : value);
    const span = t(high) - t(low) || 1;
    return {
      name,
      metric,
      place: (value) => 1 - (t(value as number) - t(low)) / span,
      ticks: [low, high],
    };
  }
  const kinds = [...new Set(known.map(String))].sort();
  return {
    name,
    metric,
    place: (value) => (kinds.length < 2 ? 0.5 : kinds.indexOf(String(value)) / (kinds.length - 1)),
    ticks: kinds.slice(0, 12),
  };
}
