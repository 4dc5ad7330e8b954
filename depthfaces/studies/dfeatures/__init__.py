"""The study dfeatures."""
