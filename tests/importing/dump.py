"""Print as JSON all that the real client can read at URI; places of artifacts are left out."""

import hashlib
import json
import sys
import warnings
from collections.abc import Iterable
from pathlib import Path

warnings.simplefilter("ignore")

import mlflow  # noqa: E402
from mlflow import MlflowClient  # noqa: E402
from mlflow.entities import ViewType  # noqa: E402


def digests(path: str) -> dict[str, str]:
    root = Path(path)
    files = [root] if root.is_file() else sorted(p for p in root.rglob("*") if p.is_file())
    return {str(p.relative_to(root)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def number(value: float) -> str:
    """A file store keeps infinity; a database, MLflow's too, the largest number in its place."""
    return repr(min(value, sys.float_info.max))


def unique(points: Iterable[list]) -> list[tuple]:
    """A file store keeps a point that was sent twice; a database, MLflow's too, keeps it once."""
    return list(dict.fromkeys(map(tuple, points)))


def main(uri: str) -> dict:
    mlflow.set_tracking_uri(uri)
    client = MlflowClient()
    found: dict = {"experiments": {}, "runs": {}, "models": {}, "logged": {}, "traces": {}}
    experiments = client.search_experiments(view_type=ViewType.ALL)
    ids = [e.experiment_id for e in experiments]
    for e in experiments:
        found["experiments"][e.experiment_id] = [e.name, e.lifecycle_stage, dict(e.tags)]
    for run in client.search_runs(ids, run_view_type=ViewType.ALL):
        info = run.info
        history = {
            key: unique(
                [number(m.value), m.timestamp, m.step] for m in client.get_metric_history(info.run_id, key)
            )
            for key in sorted(run.data.metrics)
        }
        found["runs"][info.run_id] = {
            "head": [info.experiment_id, info.run_name, info.user_id, info.status, info.lifecycle_stage],
            "times": [info.start_time, info.end_time],
            "params": run.data.params,
            "tags": run.data.tags,
            "latest": {key: number(value) for key, value in run.data.metrics.items()},
            "history": history,
            "inputs": [i.to_dictionary() for i in run.inputs.dataset_inputs],
            "outputs": [o.model_id for o in run.outputs.model_outputs] if run.outputs else [],
            "artifacts": digests(mlflow.artifacts.download_artifacts(run_id=info.run_id, artifact_path="")),
        }
    for model in mlflow.search_logged_models(experiment_ids=ids, output_format="list"):
        found["logged"][model.model_id] = [model.name, str(model.status), model.params, model.tags]
        found["logged"][model.model_id].append(
            digests(mlflow.artifacts.download_artifacts(f"models:/{model.model_id}"))
        )
    for model in client.search_registered_models():
        found["models"][model.name] = [
            model.description,
            {k: str(v) for k, v in model.aliases.items()},
            model.tags,
        ]
        found["models"][model.name] += [
            [str(v.version), v.run_id, v.current_stage, v.status, v.tags]
            for v in client.search_model_versions(f"name='{model.name}'")
        ]
    if found["models"]:
        loaded = mlflow.sklearn.load_model("models:/clf@champion")
        found["prediction"] = loaded.predict([[0.0], [3.0]]).tolist()
        found["prompt"] = mlflow.genai.load_prompt("prompts:/hi/1").template
    for trace in mlflow.search_traces(locations=ids, return_type="list"):
        spans = [
            [s.span_id, s.parent_id, s.name, s.span_type, s.inputs, s.outputs, s.start_time_ns, s.end_time_ns]
            for s in sorted(trace.data.spans, key=lambda s: s.start_time_ns)
        ]
        said = [[a.name, a.value, a.rationale] for a in trace.info.assessments]
        found["traces"][trace.info.trace_id] = [str(trace.info.state), trace.info.request_time, spans, said]
    return found


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(sys.argv[1]), sort_keys=True, indent=1))
