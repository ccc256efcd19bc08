// Curves: a card for each metric, one look and one zoom for all of them.
import { useCallback, useEffect, useMemo, useState } from "preact/hooks";
import { call, type Keys } from "../api/client";
import { useLive } from "../api/live";
import { useLoad } from "../api/load";
import { ChartCard, type Drawn, type Look } from "../charts/card";
import { grouped } from "../charts/transform";
import { splitColumn } from "../lib/columns";
import { here, href, patch } from "../lib/route";
import { Empty } from "../parts/states";

interface Props {
  keys: Keys;
  runs: string[];
  palette: ReadonlyMap<string, string>;
  experiments: string[];
  /** Nobody chose these runs: they are the first of the table. */
  implied: boolean;
  columns?: number;
}

export function Charts({ keys, runs, palette, experiments, implied }: Props) {
  const { query } = here.value;
  const by = query.get("by") ?? "";
  const wanted = query.get("metric") ?? "";
  const pins = useMemo(() => (query.get("pin") ?? "").split(",").filter(Boolean), [query]);
  const rows = useLoad(
    (abort) =>
      runs.length
        ? call("POST /runs/rows", { body: { runs, columns: by ? [by] : [] }, abort })
        : Promise.resolve({ total: 0, rows: [] }),
    [runs.join(), by],
  );
  const drawn: Drawn[] = useMemo(
    () =>
      (rows.value?.rows ?? []).map((row) => ({
        id: row.id,
        name: row.name || row.id.slice(0, 8),
        colour: palette.get(row.id) ?? "#888",
      })),
    [rows.value, palette],
  );
  const groups = useMemo(
    () =>
      by
        ? new Map((rows.value?.rows ?? []).map((row) => [row.id, String(row.cells?.[0] ?? "")]))
        : null,
    [by, rows.value],
  );
  const [steps, setSteps] = useState<ReadonlyMap<string, number>>(new Map());
  const going = useMemo(
    () => (rows.value?.rows ?? []).filter((row) => row.status === "RUNNING").map((row) => row.id),
    [rows.value],
  );
  useLive([], going, {
    run: (beat) => setSteps((old) => new Map(old).set(beat.run, beat.step ?? -1)),
  });
  const look = useLook(groups);
  const zoom = useCallback(
    (range: [number, number] | null) =>
      patch({ x: range ? range.map((one) => +one.toPrecision(8)).join("..") : null }),
    [],
  );
  const names = useMemo(
    () =>
      keys.metrics
        .map((key) => key.name)
        .filter((name) => name.toLowerCase().includes(wanted.toLowerCase())),
    [keys, wanted],
  );
  if (keys.metrics.length === 0)
    return (
      <Empty title="No metrics yet">
        <p>
          A curve appears for each name given to <code>mlflow.log_metric(name, value, step=…)</code>
          .
        </p>
      </Empty>
    );
  const pin = (name: string) =>
    patch({
      pin: (pins.includes(name) ? pins.filter((one) => one !== name) : [...pins, name]).join(","),
    });
  const card = (name: string, title: string) => (
    <ChartCard
      key={name}
      metric={name}
      title={title}
      runs={drawn}
      look={look}
      zoom={zoom}
      steps={steps}
      pinned={pins.includes(name)}
      pin={() => pin(name)}
    />
  );
  const rest = names.filter((name) => !pins.includes(name));
  return (
    <div class="charts">
      <LookBar keys={keys} />
      <Legend runs={drawn} implied={implied} experiments={experiments} hidden={by !== ""} />
      {pins.length > 0 && (
        <section>
          <h2>Pinned</h2>
          <div class="cards">{pins.map((name) => card(name, name))}</div>
        </section>
      )}
      {[...sections(rest)].map(([group, some]) => (
        <section key={group}>
          {group && <h2>{group}</h2>}
          <div class="cards">
            {some.map((name) => card(name, group ? name.slice(group.length + 1) : name))}
          </div>
        </section>
      ))}
    </div>
  );
}

const FEW = 12;

/** A few metrics stand together; many are grouped by what stands before their last slash. */
export function sections(names: string[]): Map<string, string[]> {
  return names.length <= FEW ? new Map([["", names]]) : grouped(names);
}

export function useLook(groups: ReadonlyMap<string, string> | null): Look {
  const { query } = here.value;
  const axis = query.get("axis");
  const range = query.get("x")?.split("..").map(Number);
  const [from, to] = range ?? [];
  const smoothing = Number(query.get("smooth") ?? 0) || 0;
  const logX = query.get("logx") === "1";
  const logY = query.get("logy") === "1";
  const baseline = query.get("base");
  return useMemo(
    () => ({
      axis: axis === "time" || axis === "relative" ? axis : "step",
      smoothing: Math.min(0.999, Math.max(0, smoothing)),
      logX,
      logY,
      range:
        from !== undefined && to !== undefined && Number.isFinite(from) && Number.isFinite(to)
          ? [from, to]
          : null,
      groups,
      baseline,
    }),
    [axis, from, to, smoothing, logX, logY, groups, baseline],
  );
}

export function LookBar({ keys }: { keys: Keys | null }) {
  const { query } = here.value;
  const [smoothing, setSmoothing] = useState(Number(query.get("smooth") ?? 0) || 0);
  useEffect(() => setSmoothing(Number(query.get("smooth") ?? 0) || 0), [query.get("smooth")]);
  const check = (name: string, label: string) => (
    <label class="check">
      <input
        type="checkbox"
        checked={query.get(name) === "1"}
        onChange={(event) => patch({ [name]: event.currentTarget.checked ? "1" : null })}
      />
      {label}
    </label>
  );
  return (
    <div class="lookbar">
      <label>
        x
        <select
          value={query.get("axis") ?? "step"}
          onChange={(event) =>
            patch({
              axis: event.currentTarget.value === "step" ? null : event.currentTarget.value,
              x: null,
            })
          }
        >
          <option value="step">step</option>
          <option value="relative">time since start</option>
          <option value="time">time of day</option>
        </select>
      </label>
      <label class="slider">
        smoothing
        <input
          type="range"
          min="0"
          max="0.99"
          step="0.01"
          value={smoothing}
          aria-valuetext={smoothing.toFixed(2)}
          onInput={(event) => {
            setSmoothing(Number(event.currentTarget.value));
            patch({ smooth: Number(event.currentTarget.value) ? event.currentTarget.value : null });
          }}
        />
        <output>{smoothing.toFixed(2)}</output>
      </label>
      {check("logx", "log x")}
      {check("logy", "log y")}
      {keys && (
        <label>
          group by
          <select
            value={query.get("by") ?? ""}
            onChange={(event) => patch({ by: event.currentTarget.value })}
            data-testid="group-by"
          >
            <option value="">each run</option>
            {keys.params.slice(0, 200).map((key) => (
              <option key={key.name} value={`params.${key.name}`}>
                {key.name}
              </option>
            ))}
          </select>
        </label>
      )}
      {keys && keys.metrics.length > 6 && (
        <input
          type="search"
          placeholder="Find a metric"
          aria-label="Find a metric"
          value={query.get("metric") ?? ""}
          onInput={(event) => patch({ metric: event.currentTarget.value })}
        />
      )}
      {query.get("x") && (
        <button type="button" onClick={() => patch({ x: null })}>
          Reset zoom
        </button>
      )}
    </div>
  );
}

function Legend(props: {
  runs: readonly Drawn[];
  implied: boolean;
  experiments: readonly string[];
  hidden: boolean;
}) {
  const { query } = here.value;
  const base = query.get("base");
  const by = query.get("by");
  return (
    <div class="legend">
      {props.hidden ? (
        <span class="quiet">
          Mean ± standard deviation of {props.runs.length} runs by {by ? splitColumn(by).key : ""}
        </span>
      ) : (
        props.runs.map((run) => (
          <span key={run.id} class={base === run.id ? "base" : ""}>
            <i class="dot" style={{ background: run.colour }} />
            <a href={href(["runs", run.id])}>{run.name}</a>
          </span>
        ))
      )}
      {props.implied && <span class="quiet">the first of the table; select others there</span>}
    </div>
  );
}
