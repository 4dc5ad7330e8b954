"""Classifiers: fitted on train faces, tuned on validation faces, one thread each."""
