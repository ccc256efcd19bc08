"""The DVC repository on disk, as far as tracked data and pipelines both need it.

``repository.py``  :class:`Repo`: where things lie, opened once and handed to the rooms above
``init.py``        making a new one
``config.py``      DVC's four levels of settings, and ``remotes``; ``ini.py`` is their file format
``output.py``      :class:`Output`: one tracked file or folder, wherever it is declared
``yamlfile.py``    reading YAML fast, and writing it as DVC would, with a person's comments kept
``files.py``       an atomic replace of a small file
``gitignore.py``   the ``.gitignore`` lines that keep tracked data out of git
``ignore.py``      ``.dvcignore``
``walk.py``        finding ``.dvc`` and ``dvc.yaml`` files
``lock.py``        the locks that DVC takes too

(``data`` and ``pipeline`` are siblings that may not import each other: what both need is here.)
"""

from padauk.repo.config import Config, ConfigDirs, Remote
from padauk.repo.ignore import Ignore
from padauk.repo.output import Output
from padauk.repo.repository import Repo

__all__ = ["Config", "ConfigDirs", "Ignore", "Output", "Remote", "Repo"]
