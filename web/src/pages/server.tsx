import { call } from "../api/client";
import { useLoad } from "../api/load";
import { base } from "../lib/base";
import { bytes } from "../lib/format";
import { Code, Failure, useTitle } from "../parts/states";

export function Server() {
  useTitle("Server");
  const { value, error, reload } = useLoad((abort) => call("GET /server", { abort }), []);
  if (error && !value) return <Failure error={error} again={reload} />;
  if (!value) return null;
  const size = (name: string) => value.sizes[name] ?? 0;
  const shared = size("artifact_bytes") - size("object_bytes");
  const tiles: [string, string][] = [
    ["experiments", size("experiments").toLocaleString("en")],
    ["runs", size("runs").toLocaleString("en")],
    ["models", size("registered_models").toLocaleString("en")],
    ["versions", size("model_versions").toLocaleString("en")],
    ["files", size("artifacts").toLocaleString("en")],
    ["stored", bytes(size("object_bytes"))],
  ];
  return (
    <div class="page narrow">
      <h1>Server</h1>
      <div class="tiles">
        {tiles.map(([name, text]) => (
          <div key={name} class="tile">
            <b>{text}</b>
            <span>{name}</span>
          </div>
        ))}
      </div>
      {shared > 0 && (
        <p>
          Files that are the same are stored once: {bytes(size("artifact_bytes"))} were logged,{" "}
          {bytes(size("object_bytes"))} are kept.
        </p>
      )}
      <section class="card">
        <header>
          <h2>This server</h2>
        </header>
        <dl>
          <dt>padauk</dt>
          <dd>{value.version}</dd>
          <dt>database</dt>
          <dd>{value.database}</dd>
          <dt>objects</dt>
          <dd class="mono">{value.objects}</dd>
          <dt>artifacts</dt>
          <dd class="mono">{value.artifact_root}</dd>
          <dt>deleted runs</dt>
          <dd>{size("deleted_runs").toLocaleString("en")}</dd>
        </dl>
      </section>
      <section class="card">
        <header>
          <h2>Use it</h2>
        </header>
        <Code text={`export MLFLOW_TRACKING_URI=${base}`} />
        <p class="quiet">
          All that this page shows comes from <a href="api/v1/openapi.json">/api/v1</a>; yours to
          use too.
        </p>
      </section>
    </div>
  );
}
