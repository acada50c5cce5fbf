"""The command ``gmpki``: parse, call a layer below, answer.

No module here imports an algorithm, a key or a library other than click before a command runs, so that ``--help`` and
shell completion answer at once.
"""
