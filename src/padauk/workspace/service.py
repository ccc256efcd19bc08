"""The rooms behind a tracking server: its database, and the store that keeps artifacts."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from padauk.artifacts import ObjectStore
from padauk.db import open_database
from padauk.registry.delivery import Courier
from padauk.registry.sealing import Sealer
from padauk.storage import LocalStore
from padauk.tracking import experiments

if TYPE_CHECKING:
    from padauk.core.settings import ServerSettings
    from padauk.db import Session


class Service:
    """What the server's handlers work on. One a process.

    Attributes:
        settings: as the door read them.
        db: the database of experiments, runs, models and artifact rows.
        artifact_root: URI below which new experiments keep their artifacts.
        objects_path: folder of the content-addressed store that artifacts uploaded through the server go to.
        artifacts: the bytes in that store.
        courier: tells webhooks.
        stopping: whether the server is about to end; answers without an end give up then.
    """

    def __init__(self, settings: ServerSettings) -> None:
        self.settings = settings
        self.stopping = False
        self.objects_path = os.path.abspath(settings.objects)
        self.artifact_root = settings.artifact_root
        self.db = open_database(settings.database, durable=settings.durable)
        self.artifacts = ObjectStore(LocalStore(self.objects_path, durable=settings.durable, mode=0o444))
        beside = settings.database.removeprefix("sqlite:///")
        own_key = None if beside == settings.database else f"{beside}.webhook-key"
        self.courier = Courier(settings.webhooks, Sealer(settings.webhooks.key, own_key))
        self.db.write(lambda tx: experiments.ensure_default(tx, self.artifact_root))

    def counts(self, tx: Session) -> tuple[int, int]:
        """How many active experiments and runs there are."""
        return experiments.counts(tx)

    def close(self) -> None:
        """Finish what was accepted and let go of everything."""
        self.db.close()
        self.courier.close()
        self.artifacts.store.close()
