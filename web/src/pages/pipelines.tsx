import { call } from "../api/client";
import { useLoad } from "../api/load";
import { base } from "../lib/base";
import { ago, duration } from "../lib/format";
import { href } from "../lib/route";
import { Code, Empty, Failure, useTitle } from "../parts/states";
import { Status } from "../parts/status";

export function Pipelines() {
  useTitle("Pipelines");
  const { value, error, reload } = useLoad((abort) => call("GET /pipelines", { abort }), []);
  if (error && !value) return <Failure error={error} again={reload} />;
  if (!value) return null;
  const column = (name: string) => value.columns.indexOf(`tags.${name}`);
  const at = {
    repository: column("padauk.repository"),
    commit: column("mlflow.source.git.commit"),
    branch: column("mlflow.source.git.branch"),
    dirty: column("padauk.dirty"),
    skipped: column("padauk.skipped"),
  };
  return (
    <div class="page narrow">
      <div class="titlebar">
        <h1>Pipelines</h1>
      </div>
      {value.rows.length === 0 && (
        <Empty title="No pipeline has been recorded here">
          <p>
            <code>padauk repro</code> runs the stages of <code>dvc.yaml</code> that are out of date,
            and records each as a run:
          </p>
          <Code text={`padauk config tracking.uri ${base}\npadauk repro`} />
        </Empty>
      )}
      <ul class="list pipelines" data-testid="pipelines">
        {value.rows.map((row) => {
          const cells = (place: number) => String(row.cells?.[place] ?? "");
          const skipped = cells(at.skipped).split(", ").filter(Boolean).length;
          return (
            <li key={row.id}>
              <Status status={row.status} />
              <a href={href(["pipelines", row.id])}>
                <b>{row.name}</b>
                <small>
                  {[
                    cells(at.repository),
                    cells(at.branch),
                    cells(at.commit).slice(0, 8) +
                      (cells(at.dirty) === "true" ? " with changes" : ""),
                  ]
                    .filter(Boolean)
                    .join(" · ")}
                </small>
              </a>
              <span class="count">
                {row.start && row.end ? duration(row.end - row.start) : ""}
                {skipped > 0 && <small> {skipped} unchanged</small>}
              </span>
              <time>{row.start ? ago(row.start) : ""}</time>
            </li>
          );
        })}
      </ul>
    </div>
  );
}
