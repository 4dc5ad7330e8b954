"""The study swarm."""
