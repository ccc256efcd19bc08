"""The command line: one verb (or one group of sub-verbs) a file, each parses, calls one function, renders.

``main.py`` knows every verb by name and loads its module when it is called; ``frame.py`` holds the options
that all verbs share; ``output.py`` is the only place that writes to the terminal.
"""
