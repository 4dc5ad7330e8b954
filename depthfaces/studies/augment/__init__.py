"""The study augment."""
