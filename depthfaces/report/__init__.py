"""The report: reads results from disk, writes one self-contained page."""
