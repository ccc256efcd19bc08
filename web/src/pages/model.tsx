// One registered model: its versions, which of them the aliases point at, and what each came from.
import { useMemo, useState } from "preact/hooks";
import { call, type ModelDetail, mlflow, type Version } from "../api/client";
import { useLoad } from "../api/load";
import { Sparkline } from "../charts/sparkline";
import { columnTitle } from "../lib/columns";
import { ago, cell, when } from "../lib/format";
import { here, href } from "../lib/route";
import { Code, Failure, useTitle } from "../parts/states";
import { Markdown } from "./runparts";

export function Model({ name }: { name: string }) {
  useTitle(name);
  const found = useLoad((abort) => call("GET /models/{name}", { path: { name }, abort }), [name]);
  const { value, error, reload } = found;
  if (error && !value) return <Failure error={error} again={reload} />;
  if (!value) return null;
  const wanted = here.value.path[3];
  return (
    <div class="page">
      <nav class="crumbs" aria-label="Where this model is">
        <a href="#/models">Models</a>
      </nav>
      <div class="titlebar">
        <h1>{name}</h1>
      </div>
      {value.description && <Markdown text={value.description} />}
      <Trend model={value} />
      <Versions model={value} wanted={wanted} reload={reload} />
      <section class="card">
        <header>
          <h2>Use it</h2>
        </header>
        <Code
          text={`import mlflow

model = mlflow.pyfunc.load_model("models:/${name}${value.aliases?.[0] ? `@${value.aliases[0].alias}` : `/${value.versions?.[0]?.version ?? 1}`}")`}
        />
      </section>
    </div>
  );
}

function Trend({ model }: { model: ModelDetail }) {
  const versions = useMemo(() => [...(model.versions ?? [])].reverse(), [model]);
  const columns = model.columns ?? [];
  if (versions.length < 2 || !columns.length) return null;
  return (
    <section class="tiles trend" aria-label="Metrics over versions">
      {columns.slice(0, 6).map((column, place) => {
        const values = versions.map((version) => version.run?.cells?.[place]);
        const numbers = values.map((value) => (typeof value === "number" ? value : null));
        const last = numbers.findLast((value) => value !== null);
        if (last === undefined) return null;
        return (
          <div key={column} class="tile">
            <span>{columnTitle(column)}</span>
            <b>{cell(last)}</b>
            <Sparkline values={numbers} labels={versions.map((version) => `v${version.version}`)} />
          </div>
        );
      })}
    </section>
  );
}

function Versions(props: { model: ModelDetail; wanted: string | undefined; reload: () => void }) {
  const { model, wanted, reload } = props;
  const columns = (model.columns ?? []).slice(0, 5);
  const versions = model.versions ?? [];
  return (
    <section class="card">
      <header>
        <h2>Versions</h2>
      </header>
      <div class="scroll">
        <table class="rows versions" data-testid="versions">
          <thead>
            <tr>
              <th>Version</th>
              <th>Aliases</th>
              <th>Registered</th>
              <th>Made by</th>
              {columns.map((column) => (
                <th key={column} class="num">
                  {columnTitle(column)}
                </th>
              ))}
              <th>
                <span class="hidden">lineage</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {versions.map((version) => (
              <tr key={version.version} class={String(version.version) === wanted ? "chosen" : ""}>
                <td>
                  <b>v{version.version}</b>
                  {version.stage !== "None" && <span class="tag">{version.stage}</span>}
                  {version.status !== "READY" && <span class="tag warn">{version.status}</span>}
                </td>
                <td>
                  <Aliases name={model.name} version={version} reload={reload} />
                </td>
                <td>
                  <time title={when(version.created)}>{ago(version.created)}</time>
                  {version.user && <small> {version.user}</small>}
                </td>
                <td>
                  {version.run ? (
                    <a href={href(["experiments", version.run.experiment, "runs", version.run.id])}>
                      {version.run.name}
                    </a>
                  ) : (
                    <span class="quiet">{version.run_id ? "a run elsewhere" : "no run"}</span>
                  )}
                </td>
                {columns.map((column, place) => (
                  <td key={column} class="num">
                    {cell(version.run?.cells?.[place])}
                  </td>
                ))}
                <td>
                  <a href={href(["lineage"], { ref: `models:/${model.name}/${version.version}` })}>
                    lineage
                  </a>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Aliases({
  name,
  version,
  reload,
}: {
  name: string;
  version: Version;
  reload: () => void;
}) {
  const [adding, setAdding] = useState(false);
  const [text, setText] = useState("");
  const [error, setError] = useState("");
  const set = (event: Event) => {
    event.preventDefault();
    mlflow("registered-models/alias", { name, alias: text, version: String(version.version) }).then(
      () => {
        setAdding(false);
        setText("");
        reload();
      },
      (trouble: Error) => setError(trouble.message),
    );
  };
  return (
    <span class="chips">
      {version.aliases?.map((alias) => (
        <span key={alias} class="alias">
          {alias}
        </span>
      ))}
      {adding ? (
        <form onSubmit={set}>
          <input
            aria-label={`Alias for version ${version.version}`}
            size={10}
            value={text}
            placeholder="champion"
            ref={(element) => element?.focus()}
            onInput={(event) => setText(event.currentTarget.value)}
            onKeyDown={(event) => event.key === "Escape" && setAdding(false)}
          />
          {error && <small class="bad">{error}</small>}
        </form>
      ) : (
        <button
          type="button"
          class="icon"
          title="Point an alias at this version"
          aria-label={`Point an alias at version ${version.version}`}
          onClick={() => setAdding(true)}
        >
          +
        </button>
      )}
    </span>
  );
}
