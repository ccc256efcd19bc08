// One invocation of `padauk repro`: the graph of its stages, how each went and how long it took.
import { useMemo, useState } from "preact/hooks";
import { call } from "../api/client";
import { useLive } from "../api/live";
import { useLoad } from "../api/load";
import { collapse, type GraphNode } from "../graph/collapse";
import { contents, pipelineGraph } from "../graph/pipeline";
import { GraphView } from "../graph/view";
import { duration, when } from "../lib/format";
import { go, href } from "../lib/route";
import { Failure, useTitle } from "../parts/states";
import { Status } from "../parts/status";

export function Pipeline({ id }: { id: string }) {
  const { value, error, reload } = useLoad(
    (abort) => call("GET /pipelines/{id}", { path: { id }, abort }),
    [id],
  );
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const [chosen, setChosen] = useState<string | null>(null);
  const running = value?.run.status === "RUNNING";
  useLive(running && value ? [value.run.experiment] : [], running && value ? [id] : [], {
    run: reload,
    runs: reload,
  });
  useTitle(value ? `${value.run.name}` : "Pipeline");
  const tags = useMemo(() => new Map(value?.tags.map((tag) => [tag.key, tag.value])), [value]);
  const skipped = useMemo(
    () => (tags.get("padauk.skipped") ?? "").split(", ").filter(Boolean),
    [tags],
  );
  const graph = useMemo(() => pipelineGraph(value?.stages ?? [], skipped), [value, skipped]);
  const drawn = useMemo(() => collapse(graph.nodes, graph.edges, open), [graph, open]);
  if (error && !value) return <Failure error={error} again={reload} />;
  if (!value) return null;
  const { run } = value;
  const stage = value.stages.find((one) => one.stage === chosen);
  const ran = value.stages.filter((one) => !one.skipped);
  const longest = Math.max(1, ...ran.map((one) => (one.run.end ?? 0) - (one.run.start ?? 0)));
  const choose = (node: GraphNode) => {
    if (node.members) setOpen(new Set([...open, node.key]));
    else if (node.kind === "data") {
      const md5 = value.stages
        .flatMap((one) => [...contents(one.deps), ...contents(one.outs)])
        .find(([path]) => path === node.title)?.[1];
      if (md5) go(href(["lineage"], { ref: md5 }));
    } else setChosen(node.key);
  };
  return (
    <div class="page">
      <nav class="crumbs" aria-label="Where this is">
        <a href="#/pipelines">Pipelines</a>
      </nav>
      <div class="titlebar">
        <h1>
          <span>{run.name}</span>
        </h1>
        <a class="button" href={href(["experiments", run.experiment, "runs", run.id])}>
          Its run
        </a>
      </div>
      <p class="facts">
        <Status status={run.status} word />
        {run.start && <time>{when(run.start)}</time>}
        {run.start && run.end && <span>{duration(run.end - run.start)}</span>}
        {tags.get("mlflow.source.git.commit") && (
          <span class="mono">
            {tags.get("mlflow.source.git.branch")}{" "}
            {tags.get("mlflow.source.git.commit")?.slice(0, 8)}
            {tags.get("padauk.dirty") === "true" && " with changes"}
          </span>
        )}
      </p>
      {tags.get("padauk.error") && <p class="failure">{tags.get("padauk.error")}</p>}
      <GraphView
        nodes={drawn.nodes}
        edges={drawn.edges}
        chosen={chosen}
        choose={choose}
        label={`Stages of ${run.name}`}
      />
      <section class="card">
        <header>
          <h2>Stages</h2>
        </header>
        <table class="rows" data-testid="stages">
          <tbody>
            {ran.map((one) => {
              const took = (one.run.end ?? one.run.start ?? 0) - (one.run.start ?? 0);
              return (
                <tr key={one.run.id} class={one === stage ? "chosen" : ""}>
                  <td>
                    <Status status={one.run.status} />{" "}
                    <a href={href(["experiments", one.run.experiment, "runs", one.run.id])}>
                      {one.stage.replace(/^dvc\.yaml:/, "")}
                    </a>
                  </td>
                  <td class="bar">
                    <svg width="100%" height="8" aria-hidden="true">
                      <rect width={`${Math.max(1, (took / longest) * 100)}%`} height="8" rx="3" />
                    </svg>
                  </td>
                  <td class="num">{one.run.end ? duration(took) : "running"}</td>
                  <td class="bad">{one.error}</td>
                </tr>
              );
            })}
            {skipped.map((name) => (
              <tr key={name} class="quiet">
                <td>{name.replace(/^dvc\.yaml:/, "")}</td>
                <td colSpan={3}>unchanged: not run again</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </div>
  );
}
