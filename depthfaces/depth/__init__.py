"""From a raw depth frame to a centred face: array in, array out."""
