"""The companion studies: four publications on generated faces, repeated on people kept apart."""
