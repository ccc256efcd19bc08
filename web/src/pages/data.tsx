// The data that runs used: every name with its versions, and what came of each.
import { useMemo, useState } from "preact/hooks";
import { call, type DatasetLine } from "../api/client";
import { useLoad } from "../api/load";
import { ago, count, when } from "../lib/format";
import { here, href } from "../lib/route";
import { Code, Empty, Failure, useTitle } from "../parts/states";
import { Status } from "../parts/status";
import { sizeOf } from "./runparts";

export function Data() {
  useTitle("Data");
  const { value, error, reload } = useLoad((abort) => call("GET /data", { abort }), []);
  const [wanted, setWanted] = useState("");
  const { query } = here.value;
  const name = query.get("name");
  const digest = query.get("digest");
  const groups = useMemo(() => byName(value?.datasets ?? [], wanted), [value, wanted]);
  if (error && !value) return <Failure error={error} again={reload} />;
  if (!value) return null;
  return (
    <div class={name ? "page split" : "page narrow"}>
      <div>
        <div class="titlebar">
          <h1>Data</h1>
          <input
            type="search"
            placeholder="Find by name or digest  /"
            aria-label="Find data"
            data-focus
            value={wanted}
            onInput={(event) => setWanted(event.currentTarget.value)}
          />
        </div>
        {value.datasets.length === 0 && (
          <Empty title="No run has said what data it used">
            <p>
              <code>padauk repro</code> records it by itself. In your own code:
            </p>
            <Code
              text={
                'data = mlflow.data.from_pandas(frame, name="iris")\nmlflow.log_input(data, context="training")'
              }
            />
          </Empty>
        )}
        {groups.map(([title, versions]) => (
          <section key={title} class="card datasets">
            <header>
              <h2>{title}</h2>
              <span class="grow" />
              <small>{count(versions.length, "version")}</small>
            </header>
            <table class="rows" data-testid="dataset">
              <tbody>
                {versions.map((one) => (
                  <tr
                    key={one.digest}
                    class={one.name === name && one.digest === digest ? "chosen" : ""}
                  >
                    <td>
                      <a class="mono" href={href(["data"], { name: one.name, digest: one.digest })}>
                        {one.digest.slice(0, 10)}
                      </a>
                    </td>
                    <td>{sizeOf(one.profile)}</td>
                    <td>{count(one.runs, "run")}</td>
                    <td>
                      {one.last && (
                        <time title={`used last ${when(one.last)}`}>{ago(one.last)}</time>
                      )}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </section>
        ))}
      </div>
      {name && digest && <Users name={name} digest={digest} />}
    </div>
  );
}

function byName(all: DatasetLine[], wanted: string): [string, DatasetLine[]][] {
  const text = wanted.toLowerCase();
  const groups = new Map<string, DatasetLine[]>();
  for (const one of all) {
    if (!`${one.name} ${one.digest}`.toLowerCase().includes(text)) continue;
    groups.set(one.name, [...(groups.get(one.name) ?? []), one]);
  }
  return [...groups];
}

function Users({ name, digest }: { name: string; digest: string }) {
  const { value, error } = useLoad(
    (abort) => call("GET /data/runs", { query: { name, digest }, abort }),
    [name, digest],
  );
  return (
    <aside class="side card" aria-label={`Uses of ${name}`}>
      <header>
        <h2>{name}</h2>
        <span class="grow" />
        <a href="#/data" class="icon" aria-label="Close">
          ×
        </a>
      </header>
      <p class="mono small">{digest}</p>
      <p>
        <a href={href(["lineage"], { ref: digest })}>Lineage of this version</a>
      </p>
      {error && <Failure error={error} />}
      {value && (
        <>
          <h3>Models trained on it</h3>
          {value.models?.length ? (
            <ul class="plain">
              {value.models.map((model) => (
                <li key={model}>
                  <a href={href(["models", model.slice(0, model.lastIndexOf("/"))])}>{model}</a>
                </li>
              ))}
            </ul>
          ) : (
            <p class="quiet">None is registered.</p>
          )}
          <h3>Used by</h3>
          <ul class="plain">
            {value.runs.map(({ run, context }) => (
              <li key={run.id}>
                <Status status={run.status} />{" "}
                <a href={href(["experiments", run.experiment, "runs", run.id])}>{run.name}</a>{" "}
                <small>
                  {context} {run.start ? ago(run.start) : ""}
                </small>
              </li>
            ))}
          </ul>
        </>
      )}
    </aside>
  );
}
