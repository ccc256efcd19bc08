"""``python -m padauk`` is the ``padauk`` command."""

from padauk.cli.main import main

if __name__ == "__main__":
    main()
