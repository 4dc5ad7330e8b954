"""Learn labelled depth faces, evolve and export them, and say honestly whether they help."""

__version__ = "0.1.0"
