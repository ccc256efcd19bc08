// Two to eight runs side by side: what differs, their curves, and how parameters go with a metric.
import { useMemo } from "preact/hooks";
import { call, type RunDetail } from "../api/client";
import { useLoad } from "../api/load";
import { Parallel } from "../charts/parallel";
import { cell, duration, number } from "../lib/format";
import { colours } from "../lib/palette";
import { changed, here, href, patch } from "../lib/route";
import { Empty, Failure, useTitle } from "../parts/states";
import { Status } from "../parts/status";
import { Page } from "./lazy";

const SECTIONS = { "": "Values", charts: "Charts", parallel: "Parallel", pictures: "Pictures" };
const pictures = async () => (await import("./pictures")).Pictures;

const charts = async () => (await import("./charts")).Charts;

export function Compare() {
  const { query } = here.value;
  const ids = useMemo(
    () => (query.get("runs") ?? "").split(",").filter(Boolean).slice(0, 8),
    [query],
  );
  const tab = query.get("tab") ?? "";
  useTitle(`${ids.length} runs compared`);
  const found = useLoad(
    (abort) => Promise.all(ids.map((id) => call("GET /runs/{id}", { path: { id }, abort }))),
    [ids.join()],
  );
  const palette = useMemo(() => colours(ids), [ids.join()]);
  const keys = useMemo(() => {
    const names = new Set((found.value ?? []).flatMap((run) => run.metrics.map((one) => one.key)));
    const params = new Set((found.value ?? []).flatMap((run) => run.params.map((one) => one.key)));
    const all = (some: Set<string>) => [...some].sort().map((name) => ({ name, runs: 1 }));
    return { metrics: all(names), params: all(params), tags: [] };
  }, [found.value]);
  if (ids.length < 2)
    return (
      <div class="page">
        <Empty title="Nothing to compare yet">
          <p>
            Select two to eight runs in an experiment's table (key <kbd>x</kbd>), then press Compare
            (key <kbd>c</kbd>).
          </p>
        </Empty>
      </div>
    );
  if (found.error) return <Failure error={found.error} again={found.reload} />;
  if (!found.value) return null;
  const experiment = found.value[0]!.run.experiment;
  return (
    <div class="page">
      <nav class="crumbs" aria-label="Where these runs are">
        <a href="#/">Experiments</a>
        <a href={href(["experiments", experiment], { sel: ids.join(",") })}>
          {found.value[0]!.experiment_name}
        </a>
      </nav>
      <div class="titlebar">
        <h1>{ids.length} runs</h1>
        <div class="tabs" role="tablist" aria-label="Parts">
          {Object.entries(SECTIONS).map(([name, title]) => (
            <a
              key={name}
              role="tab"
              aria-selected={tab === name}
              href={changed(here.value, { tab: name })}
            >
              {title}
            </a>
          ))}
        </div>
      </div>
      {tab === "charts" && (
        <Page
          load={charts}
          keys={keys}
          runs={ids}
          palette={palette}
          experiments={[experiment]}
          implied={false}
        />
      )}
      {tab === "parallel" && <Parallel runs={found.value} palette={palette} />}
      {tab === "pictures" && <Page load={pictures} runs={found.value} palette={palette} />}
      {tab === "" && <Values runs={found.value} palette={palette} />}
    </div>
  );
}

type Value = number | string | null;

function Values({ runs, palette }: { runs: RunDetail[]; palette: ReadonlyMap<string, string> }) {
  const { query } = here.value;
  const all = query.get("all") === "1";
  const base = runs.find((run) => run.run.id === query.get("base")) ?? runs[0]!;
  const groups: [string, [string, Value[]][]][] = [
    ["Metrics", rowsOf(runs, (run) => run.metrics.map((one) => [one.key, one.value]))],
    ["Parameters", rowsOf(runs, (run) => run.params.map((one) => [one.key, one.value]))],
    ["Data", rowsOf(runs, (run) => run.inputs.map((one) => [one.name, one.digest.slice(0, 12)]))],
    ["Code", rowsOf(runs, code)],
  ];
  const at = runs.indexOf(base);
  return (
    <>
      <div class="toolbar">
        <label class="check">
          <input
            type="checkbox"
            checked={!all}
            onChange={(event) => patch({ all: event.currentTarget.checked ? null : "1" })}
            data-testid="only-differences"
          />
          only what differs
        </label>
        <span class="quiet">Click a run's dot to make it the baseline of the differences.</span>
      </div>
      <div class="scroll">
        <table class="rows compare" data-testid="compare">
          <thead>
            <tr>
              <td />
              {runs.map(({ run }) => (
                <th key={run.id} class={run === base.run ? "base" : ""}>
                  <button
                    type="button"
                    class="icon"
                    aria-label={`Make ${run.name} the baseline`}
                    aria-pressed={run === base.run}
                    onClick={() => patch({ base: run.id })}
                  >
                    <i class="dot" style={{ background: palette.get(run.id) }} />
                  </button>
                  <a href={href(["experiments", run.experiment, "runs", run.id])}>{run.name}</a>
                  <small>
                    <Status status={run.status} />{" "}
                    {run.start && run.end
                      ? duration(run.end - run.start)
                      : run.status.toLowerCase()}
                  </small>
                </th>
              ))}
            </tr>
          </thead>
          {groups.map(([title, rows]) => {
            const shown = all ? rows : rows.filter(([, values]) => new Set(values).size > 1);
            if (!shown.length) return null;
            return (
              <tbody key={title}>
                <tr class="group">
                  <th colSpan={runs.length + 1}>{title}</th>
                </tr>
                {shown.map(([key, values]) => (
                  <tr key={key}>
                    <th scope="row">{key}</th>
                    {values.map((value, place) => (
                      <td key={runs[place]!.run.id} class={typeof value === "number" ? "num" : ""}>
                        {value === null ? <span class="quiet">–</span> : cell(value)}
                        {place !== at && <Difference value={value} base={values[at]!} />}
                      </td>
                    ))}
                  </tr>
                ))}
              </tbody>
            );
          })}
        </table>
      </div>
    </>
  );
}

function Difference({ value, base }: { value: Value; base: Value }) {
  if (typeof value !== "number" || typeof base !== "number" || value === base) return null;
  if (base === 0) return null;
  const percent = ((value - base) / Math.abs(base)) * 100;
  return <small class="delta">{`${percent > 0 ? "+" : ""}${number(percent, 3)} %`}</small>;
}

function rowsOf(
  runs: RunDetail[],
  read: (run: RunDetail) => [string, Value][],
): [string, Value[]][] {
  const found = runs.map((run) => new Map(read(run)));
  const keys = [...new Set(found.flatMap((one) => [...one.keys()]))].sort();
  return keys.map((key) => [key, found.map((one) => one.get(key) ?? null)]);
}

function code(run: RunDetail): [string, Value][] {
  const tags = new Map(run.tags.map((tag) => [tag.key, tag.value]));
  const rows: [string, Value][] = [
    ["commit", tags.get("mlflow.source.git.commit")?.slice(0, 10) ?? null],
    ["branch", tags.get("mlflow.source.git.branch") ?? null],
    ["source", tags.get("mlflow.source.name") ?? null],
    ["by", run.run.user || null],
  ];
  return rows.filter(([, value]) => value !== null);
}
