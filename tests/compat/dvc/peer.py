"""The real dvc in one long-lived process: starting it for every command would take most of the test time.

Reads a JSON line ``{"cwd": …, "args": […]}``, runs ``dvc`` there, answers ``{"code", "out", "err"}``.
"""

import contextlib
import json
import logging
import os
import sys
import tempfile
import warnings


def run(cwd: str, args: list[str]) -> dict:
    """One command, with what it and its children print."""
    from dvc.cli import main

    os.chdir(cwd)
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        saved = os.dup(1), os.dup(2)
        os.dup2(out.fileno(), 1)
        os.dup2(err.fileno(), 2)
        try:
            code = 255
            with contextlib.suppress(SystemExit):
                code = main(args)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            for stream, fd in zip(saved, (1, 2), strict=True):
                os.dup2(stream, fd)
                os.close(stream)
        out.seek(0)
        err.seek(0)
        return {"code": code, "out": out.read().decode(), "err": err.read().decode()}


def serve() -> None:
    """Answer until the input ends."""
    warnings.simplefilter("ignore")
    logging.raiseExceptions = False
    answers = os.fdopen(os.dup(1), "w")
    for line in sys.stdin:
        asked = json.loads(line)
        answers.write(json.dumps(run(asked["cwd"], asked["args"])) + "\n")
        answers.flush()


if __name__ == "__main__":
    serve()
