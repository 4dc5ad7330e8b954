"""The synthetic set: images that other tools load, each of which can be made again."""
