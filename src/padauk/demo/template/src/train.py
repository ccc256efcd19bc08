"""Train a small neural network epoch by epoch; the learning curve goes to the tracked run as it grows."""

import csv
import hashlib
import logging
import pickle
from pathlib import Path

import mlflow
import numpy as np
import yaml
from sklearn.metrics import log_loss
from sklearn.neural_network import MLPClassifier

logging.getLogger("mlflow").setLevel(logging.ERROR)
params = yaml.safe_load(Path("params.yaml").read_text())["train"]
data = np.load("work/features.npz")
x, y = data["x"][~data["test"]], data["y"][~data["test"]]
x_test, y_test = data["x"][data["test"]], data["y"][data["test"]]

model = MLPClassifier(
    hidden_layer_sizes=(params["hidden"],), learning_rate_init=params["learning_rate"], random_state=params["seed"]
)
rows = []
with mlflow.start_run():  # under `padauk repro` this continues the run of the stage
    for epoch in range(1, params["epochs"] + 1):
        model.partial_fit(x, y, classes=np.arange(10))
        row = {
            "train_loss": log_loss(y, model.predict_proba(x)),
            "test_loss": log_loss(y_test, model.predict_proba(x_test)),
            "test_accuracy": model.score(x_test, y_test),
        }
        mlflow.log_metrics(row, step=epoch)
        rows.append({"epoch": epoch, **row})

    # The same bytes as pipeline output and as logged model: whoever holds one can find the other.
    written = pickle.dumps(model)
    Path("work/model.pkl").write_bytes(written)
    logged = mlflow.sklearn.log_model(
        model, name="digits", pip_requirements=["scikit-learn"], serialization_format="pickle"
    )
    mlflow.set_logged_model_tags(logged.model_id, {"md5": hashlib.md5(written).hexdigest()})

Path("plots").mkdir(exist_ok=True)
with open("plots/learning_curve.csv", "w", newline="") as file:
    writer = csv.DictWriter(file, rows[0])
    writer.writeheader()
    writer.writerows(rows)
print(f"{len(x)} images, {params['epochs']} epochs: test accuracy {rows[-1]['test_accuracy']:.4f}")
