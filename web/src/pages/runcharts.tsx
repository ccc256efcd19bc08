// The curves of one run.
import { useCallback, useMemo } from "preact/hooks";
import type { RunDetail } from "../api/client";
import type { Beat } from "../api/live";
import { ChartCard } from "../charts/card";
import { colours } from "../lib/palette";
import { here, patch } from "../lib/route";
import { Empty } from "../parts/states";
import { LookBar, sections, useLook } from "./charts";

export function RunCharts({ detail, beat }: { detail: RunDetail; beat: Beat | null }) {
  const look = useLook(null);
  const { run } = detail;
  const drawn = useMemo(
    () => [{ id: run.id, name: run.name, colour: colours([run.id]).get(run.id)! }],
    [run.id, run.name],
  );
  const steps = useMemo(
    () =>
      new Map(beat && beat.step !== null && beat.step !== undefined ? [[run.id, beat.step]] : []),
    [beat?.step, run.id],
  );
  const zoom = useCallback(
    (range: [number, number] | null) =>
      patch({ x: range ? range.map((one) => +one.toPrecision(8)).join("..") : null }),
    [],
  );
  const wanted = here.value.query.get("metric") ?? "";
  const names = detail.metrics.map((one) => one.key);
  if (names.length === 0)
    return (
      <Empty title="No metrics yet">
        <p>
          A curve appears for each name given to <code>mlflow.log_metric(name, value, step=…)</code>
          .
        </p>
      </Empty>
    );
  const first = names.filter((name) => name === wanted);
  const rest = names.filter((name) => name !== wanted);
  return (
    <div class="charts">
      <LookBar keys={null} />
      {[...sections([...first, ...rest])].map(([group, some]) => (
        <section key={group}>
          {group && <h2>{group}</h2>}
          <div class="cards">
            {some.map((name) => (
              <ChartCard
                key={name}
                metric={name}
                title={group ? name.slice(group.length + 1) : name}
                runs={drawn}
                look={look}
                zoom={zoom}
                steps={steps}
              />
            ))}
          </div>
        </section>
      ))}
    </div>
  );
}
