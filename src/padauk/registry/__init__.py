"""Models: what runs logged (``logged``), the names they are registered under (``models``), and their
versions.

Every function takes an open ``Session`` and works inside its transaction; outcomes and messages are MLflow's.
Prompts are registered models with a tag. ``sources`` holds the rules for where a version may come from.
"""

from padauk.registry.values import LoggedModel, ModelMetric, ModelVersion, RegisteredModel

__all__ = ["LoggedModel", "ModelMetric", "ModelVersion", "RegisteredModel"]
