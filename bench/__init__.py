"""Measurements that anybody can rerun; their results stand in bench/README.md."""
