import { useState } from "preact/hooks";
import { call } from "../api/client";
import { useLoad } from "../api/load";
import { ago, count } from "../lib/format";
import { here, href, patch } from "../lib/route";
import { Code, Empty, Failure, useTitle } from "../parts/states";

export function Models() {
  const prompts = here.value.query.get("kind") === "prompts";
  useTitle(prompts ? "Prompts" : "Models");
  const { value, error, reload } = useLoad((abort) => call("GET /models", { abort }), []);
  const [wanted, setWanted] = useState("");
  if (error && !value) return <Failure error={error} again={reload} />;
  if (!value) return null;
  const some = value.models.filter((one) => (one.prompt ?? false) === prompts);
  const shown = some.filter((one) => one.name.toLowerCase().includes(wanted.toLowerCase()));
  return (
    <div class="page narrow">
      <div class="titlebar">
        <h1>{prompts ? "Prompts" : "Models"}</h1>
        <input
          type="search"
          placeholder="Find by name  /"
          aria-label="Find by name"
          data-focus
          value={wanted}
          onInput={(event) => setWanted(event.currentTarget.value)}
        />
        {value.models.some((one) => one.prompt) && (
          <button type="button" onClick={() => patch({ kind: prompts ? null : "prompts" })}>
            {prompts ? "Models" : "Prompts"}
          </button>
        )}
      </div>
      {some.length === 0 && !prompts && (
        <Empty title="No model is registered yet">
          <p>Register what a run has logged, and give the best one a name that moves:</p>
          <Code
            text={`info = mlflow.sklearn.log_model(model, name="model", registered_model_name="digits")
client = mlflow.MlflowClient()
client.set_registered_model_alias("digits", "champion", info.registered_model_version)`}
          />
        </Empty>
      )}
      <ul class="list models" data-testid="models">
        {shown.map((one) => (
          <li key={one.name}>
            <a href={href(["models", one.name])}>
              <b>{one.name}</b>
              {one.description && <small>{one.description.split("\n")[0]}</small>}
            </a>
            <span class="chips">
              {one.aliases?.map((alias) => (
                <span key={alias.alias} class="alias">
                  {alias.alias} <b>v{alias.version}</b>
                </span>
              ))}
            </span>
            <span class="count">{count(one.versions, "version")}</span>
            <time>{ago(one.updated)}</time>
          </li>
        ))}
      </ul>
    </div>
  );
}
