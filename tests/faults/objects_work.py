"""One verb of the objects room in a process of its own, to be killed: ``objects_work.py VERB FOLDER``.

``FOLDER/data`` is the workspace, ``FOLDER/cache`` the cache, ``FOLDER/remote`` a store, ``FOLDER/other`` a
second cache, ``FOLDER/out`` where things are checked out to.
"""

from __future__ import annotations

import sys

from padauk.objects import HashInfo, Odb, State, plan_checkout, store, transfer
from padauk.storage import LocalStore


def main(verb: str, folder: str, value: str = "", link: str = "copy") -> None:
    state = State(f"{folder}/state.db")
    cache = Odb(f"{folder}/cache")
    info = HashInfo(value)
    if verb == "store":
        store(f"{folder}/data", cache, state=state, links=(link,))  # type: ignore[arg-type]
    elif verb == "checkout":
        plan = plan_checkout(f"{folder}/out", info, cache, state=state, links=(link,))  # type: ignore[arg-type]
        plan.execute()
    elif verb == "push":
        far = LocalStore(f"{folder}/remote")
        transfer.push([info], cache, far, jobs=2).raise_for_failed()
        far.close()
    elif verb == "fetch":
        transfer.fetch(
            [info], Odb(f"{folder}/other"), LocalStore(f"{folder}/remote"), jobs=2
        ).raise_for_failed()
    else:
        raise SystemExit(f"unknown verb {verb}")
    state.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
