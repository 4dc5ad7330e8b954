"""The study balance."""
