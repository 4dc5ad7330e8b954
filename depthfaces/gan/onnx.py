"""The generator as an ONNX file, for programs without torch."""

import logging
import warnings
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch

from depthfaces import files
from depthfaces.errors import IntegrityError
from depthfaces.gan.networks import Generator

CLOSE = 1e-4  # of a face's range of 2: a fiftieth of a step of 8 bits
ANY = torch.export.Dim("n", min=1)


def export(path: Path, generator: Generator) -> None:
    """Write `generator` with the inputs z (n, latent) float32 and labels (n,) int64, output faces.

    The file is run and compared with the net before it gets its name.
    """
    with files.atomic(path) as temporary:
        _write(temporary, generator.eval())
        if (gap := difference(temporary, generator)) > CLOSE:
            raise IntegrityError(f"{path}: its faces differ by {gap:.2g} from the generator's")


def difference(path: Path, generator: Generator, seed: int = 0) -> float:
    """Return the largest difference of a pixel between the file's faces and the net's."""
    z, labels = _example(generator, seed)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    (faces,) = session.run(["faces"], {"z": z.numpy(), "labels": labels.numpy()})
    with torch.inference_mode():
        return float(np.abs(faces - generator(z, labels).numpy()).max())


def _write(path: Path, generator: Generator) -> None:
    # It would speak of torchvision, which nothing here needs.
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        # torch's exporter, onnxscript behind it, uses what torch itself gives up.
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            generator,
            _example(generator, 0),
            input_names=["z", "labels"],
            output_names=["faces"],
            dynamic_shapes={"z": {0: ANY}, "labels": {0: ANY}},
            verbose=False,
        )
    assert program is not None  # for this way of exporting
    model = program.model_proto
    for node in model.graph.node:
        del node.metadata_props[:]  # paths of this machine
    onnx.save(model, path)


def _example(generator: Generator, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    rng = np.random.default_rng(seed)
    labels = np.arange(7) % generator.shape.classes
    z = rng.standard_normal((len(labels), generator.shape.latent), np.float32)
    return torch.from_numpy(z), torch.from_numpy(labels)
