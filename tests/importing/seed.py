"""Fill the store at URI (and artifact root, if given) with one of everything, through the real client."""

import sys
import warnings

warnings.simplefilter("ignore")

import mlflow  # noqa: E402
import numpy as np  # noqa: E402
from mlflow import MlflowClient  # noqa: E402
from sklearn.linear_model import LogisticRegression  # noqa: E402


def main(uri: str, root: str | None = None) -> None:
    mlflow.set_tracking_uri(uri)
    client = MlflowClient()
    where = {"artifact_location": root} if root else {}
    experiment = client.create_experiment("iris", tags={"team": "a"}, **where)
    mlflow.set_experiment("iris")
    x, y = np.array([[0.0], [1.0], [2.0], [3.0]]), [0, 0, 1, 1]
    for i in range(3):
        with mlflow.start_run(run_name=f"r{i}"):
            mlflow.log_params({"lr": i * 0.1, "depth": i})
            mlflow.set_tag("k", f"v{i}")
            for step in range(20):
                mlflow.log_metric("loss", 1 / (step + 1), step=step)
            mlflow.log_metric("bad", float("nan"))
            mlflow.log_metric("big", float("inf"))
            mlflow.log_text(f"hello {i}", "notes/a b é.txt")
            mlflow.log_input(mlflow.data.from_numpy(x, name="x"), context="train")
            if i:
                fitted = LogisticRegression().fit(x, y)
                mlflow.sklearn.log_model(
                    fitted, name="model", registered_model_name="clf", pip_requirements=["scikit-learn"]
                )
    client.set_registered_model_alias("clf", "champion", "2")
    client.set_model_version_tag("clf", "2", "ok", "yes")
    client.update_registered_model("clf", "a classifier")
    client.delete_run(client.search_runs([experiment], "attributes.run_name='r0'")[0].info.run_id)

    @mlflow.trace
    def outer(value: int) -> int:
        return inner(value) + 1

    @mlflow.trace(span_type="LLM")
    def inner(value: int) -> int:
        return value * 2

    outer(3)
    trace = mlflow.search_traces(locations=[experiment], return_type="list")[0]
    mlflow.log_feedback(trace_id=trace.info.trace_id, name="good", value=True, rationale="nice")
    mlflow.genai.register_prompt("hi", "Hello {{name}}")


if __name__ == "__main__":
    main(*sys.argv[1:])
