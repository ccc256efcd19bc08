// One run: what went in, what it logged, what came of it, and how to do it again.
import { useMemo, useState } from "preact/hooks";
import { call, mlflow, type RunDetail } from "../api/client";
import { type Beat, useLive } from "../api/live";
import { useLoad } from "../api/load";
import { ago, duration, when } from "../lib/format";
import { changed, here, href } from "../lib/route";
import { Copy, Failure, useTitle } from "../parts/states";
import { Heartbeat, Status } from "../parts/status";
import { Artifacts } from "./artifacts";
import { Page } from "./lazy";
import { Children, CodeBox, Facts, LineageStrip, Note, Reproduce, Tags } from "./runparts";

const TABS = { "": "Overview", charts: "Charts", artifacts: "Artifacts" };

const charts = async () => (await import("./runcharts")).RunCharts;

export function Run({ id }: { id: string }) {
  const found = useLoad((abort) => call("GET /runs/{id}", { path: { id }, abort }), [id]);
  const detail = found.value;
  const [beat, setBeat] = useState<Beat | null>(null);
  const running = detail?.run.status === "RUNNING";
  useLive([], running ? [id] : [], {
    run: (next) => {
      if (beat && (next.step !== beat.step || next.status !== beat.status)) found.reload();
      setBeat(next);
    },
  });
  useTitle(detail?.run.name ?? "Run");
  if (found.error && !detail) return <Failure error={found.error} again={found.reload} />;
  if (!detail) return null;
  const tab = here.value.query.get("tab") ?? tabOfPath();
  return (
    <div class="page">
      <Head detail={detail} beat={beat} reload={found.reload} />
      <div class="tabs" role="tablist" aria-label="Parts of the run">
        {Object.entries(TABS).map(([name, title]) => (
          <a
            key={name}
            role="tab"
            aria-selected={tab === name}
            href={changed(here.value, { tab: name, path: null })}
          >
            {title}
          </a>
        ))}
      </div>
      {tab === "charts" && <Page load={charts} detail={detail} beat={beat} />}
      {tab === "artifacts" && <Artifacts run={id} />}
      {tab === "" && <Overview detail={detail} reload={found.reload} />}
    </div>
  );
}

/** MLflow's own links end in `/artifacts` or `/model-metrics`. */
function tabOfPath(): string {
  const last = here.value.path[4] ?? "";
  return last === "artifacts" ? "artifacts" : last.endsWith("metrics") ? "charts" : "";
}

function Head({
  detail,
  beat,
  reload,
}: {
  detail: RunDetail;
  beat: Beat | null;
  reload: () => void;
}) {
  const { run } = detail;
  const end = run.end ?? (run.status === "RUNNING" ? Date.now() : null);
  const gone = run.deleted === true;
  const toggle = () =>
    mlflow(gone ? "runs/restore" : "runs/delete", { run_id: run.id }).then(reload, reload);
  return (
    <header class="runhead">
      <nav aria-label="Where this run is" class="crumbs">
        <a href="#/">Experiments</a>
        <a href={href(["experiments", run.experiment])}>{detail.experiment_name}</a>
        {detail.parent && (
          <a href={href(["experiments", run.experiment, "runs", detail.parent.id])}>
            {detail.parent.name}
          </a>
        )}
      </nav>
      <div class="titlebar">
        <h1>
          <span>{run.name || run.id.slice(0, 8)}</span>
          {gone && <small class="tag bad">deleted</small>}
        </h1>
        <button type="button" onClick={toggle}>
          {gone ? "Restore" : "Delete"}
        </button>
      </div>
      <p class="facts">
        <Status status={run.status} word />
        {run.status === "RUNNING" && <Heartbeat time={beat?.time} now={Date.now()} />}
        {run.start && <time title={when(run.start)}>started {ago(run.start)}</time>}
        {run.start && end && <span>{duration(end - run.start)}</span>}
        {run.user && <span>{run.user}</span>}
        <span class="mono">
          {run.id} <Copy text={run.id} label="Copy the run's id" />
        </span>
      </p>
    </header>
  );
}

function Overview({ detail, reload }: { detail: RunDetail; reload: () => void }) {
  const tags = useMemo(() => new Map(detail.tags.map((tag) => [tag.key, tag.value])), [detail]);
  return (
    <div class="overview">
      <LineageStrip detail={detail} tags={tags} />
      <Note run={detail.run.id} text={tags.get("mlflow.note.content") ?? ""} saved={reload} />
      <div class="columns">
        <Facts
          title="Metrics"
          rows={detail.metrics.map((one) => ({
            key: one.key,
            value: one.value,
            extra: one.step ? `step ${one.step.toLocaleString("en")}` : "",
          }))}
          hint={<code>mlflow.log_metric("loss", 0.3, step=1)</code>}
          link={(key) => changed(here.value, { tab: "charts", metric: key })}
        />
        <Facts
          title="Parameters"
          rows={detail.params}
          hint={<code>mlflow.log_params({'{"lr": 0.01}'})</code>}
        />
        <div class="stack">
          <CodeBox detail={detail} tags={tags} />
          <Reproduce detail={detail} tags={tags} />
          <Tags run={detail.run.id} tags={detail.tags} saved={reload} />
        </div>
      </div>
      {detail.children.length > 0 && <Children detail={detail} />}
    </div>
  );
}
