"""The four companion studies: small experiments beside the pipeline, on the same faces."""
