import { useMemo, useState } from "preact/hooks";
import { call } from "../api/client";
import { useLive } from "../api/live";
import { useLoad } from "../api/load";
import { base } from "../lib/base";
import { ago, count } from "../lib/format";
import { go, href } from "../lib/route";
import { Code, Empty, Failure, useTitle } from "../parts/states";

export function Experiments() {
  useTitle("Experiments");
  const { value, error, reload } = useLoad((abort) => call("GET /experiments", { abort }), []);
  const [wanted, setWanted] = useState("");
  const [chosen, setChosen] = useState<string[]>([]);
  useLive(
    useMemo(() => value?.experiments.map((one) => one.id) ?? [], [value]),
    [],
    { runs: reload },
  );
  if (error && !value) return <Failure error={error} again={reload} />;
  if (!value) return null;
  const shown = value.experiments.filter((one) =>
    one.name.toLowerCase().includes(wanted.toLowerCase()),
  );
  const started = value.experiments.some((one) => one.runs > 0);
  return (
    <div class="page narrow">
      <div class="titlebar">
        <h1>Experiments</h1>
        <input
          type="search"
          placeholder="Find by name  /"
          aria-label="Find experiments by name"
          value={wanted}
          onInput={(event) => setWanted(event.currentTarget.value)}
          data-focus
        />
        {chosen.length > 1 && (
          <button
            type="button"
            class="main"
            onClick={() => go(href(["experiments", chosen.join(",")]))}
          >
            Show {chosen.length} together
          </button>
        )}
      </div>
      {!started && <Welcome />}
      <ul class="list experiments" data-testid="experiments">
        {shown.map((one) => (
          <li key={one.id}>
            <input
              type="checkbox"
              aria-label={`choose ${one.name}`}
              checked={chosen.includes(one.id)}
              onChange={(event) =>
                setChosen((old) =>
                  event.currentTarget.checked
                    ? [...old, one.id]
                    : old.filter((id) => id !== one.id),
                )
              }
            />
            <a href={href(["experiments", one.id])}>
              <b>{one.name}</b>
              {one.note && <small>{one.note.split("\n")[0]}</small>}
            </a>
            <span class="count">
              {one.running > 0 && <em class="runningnow">{one.running} running</em>}
              {count(one.runs, "run")}
            </span>
            <time>{one.newest ? ago(one.newest) : "no runs yet"}</time>
          </li>
        ))}
      </ul>
      {shown.length === 0 && <p class="quiet">No experiment has “{wanted}” in its name.</p>}
    </div>
  );
}

function Welcome() {
  return (
    <Empty title="Nothing has been tracked here yet">
      <p>Point the mlflow client at this server, and what it logs appears here:</p>
      <Code
        text={`import mlflow

mlflow.set_tracking_uri("${base}")
mlflow.set_experiment("first")
with mlflow.start_run():
    mlflow.log_param("lr", 0.01)
    for step in range(100):
        mlflow.log_metric("loss", 1 / (step + 1), step=step)`}
      />
      <p>
        Or see the whole loop on real data in under a minute: <code>padauk demo --serve</code>
      </p>
    </Empty>
  );
}
