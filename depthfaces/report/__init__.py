"""The report: results on disk in, one page that needs nothing else out."""
