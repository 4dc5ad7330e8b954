"""The generator as an ONNX file, for programs without torch."""

import json
import logging
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import torch

from depthfaces import files
from depthfaces.errors import IntegrityError
from depthfaces.gan.networks import Generator

CLOSE = 1e-4  # of a face's range of 2: a fiftieth of a step of 8 bits
# A named dimension of any length; `torch.export.Dim("n")` would be fixed to the example's.
ANY_COUNT = "n"
COUNTS = (1, 7)  # faces at a time for which a new file is compared with the net


def export(path: Path, generator: Generator, config: dict[str, Any]) -> None:
    """Write `generator` with the inputs z (n, latent) float32 and labels (n,) int64, output faces.

    `config`: as stored beside the weights; the file keeps what `metadata` takes from it. The file
    is run and compared with the net before it gets its name.
    """
    with files.atomic(path) as temporary:
        _write(temporary, generator.eval(), metadata(config))
        if (gap := max(difference(temporary, generator, count) for count in COUNTS)) > CLOSE:
            raise IntegrityError(f"{path}: its faces differ by {gap:.2g} from the generator's")


def metadata(config: dict[str, Any]) -> dict[str, str]:
    """Return what a user of the file needs to know, as JSON by name.

    `classes`: class names in the order of the labels; `range`: values of a pixel; `unit`: "mm" or
    "relative"; `window`, where the unit is mm: millimetres behind the nose tip of +1 and of -1.
    """
    known = {"classes": config["classes"], "range": [-1, 1], "unit": config["unit"]}
    if config["unit"] == "mm":
        known["window"] = config["window"]
    return {name: json.dumps(value, ensure_ascii=False) for name, value in known.items()}


def difference(path: Path, generator: Generator, count: int, seed: int = 0) -> float:
    """Return the largest difference of a pixel between `count` faces of the file and the net's."""
    z, labels = _example(generator, count, seed)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    (faces,) = session.run(["faces"], {"z": z.numpy(), "labels": labels.numpy()})
    with torch.inference_mode():
        return float(np.abs(faces - generator(z, labels).numpy()).max())


def _write(path: Path, generator: Generator, properties: dict[str, str]) -> None:
    # It would speak of torchvision, which nothing here needs.
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        # torch's exporter, onnxscript behind it, uses what torch itself gives up.
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            generator,
            _example(generator, COUNTS[-1], 0),
            input_names=["z", "labels"],
            output_names=["faces"],
            dynamic_shapes={"z": {0: ANY_COUNT}, "labels": {0: ANY_COUNT}},
            verbose=False,
        )
    assert program is not None  # for this way of exporting
    model = program.model_proto
    for node in model.graph.node:
        del node.metadata_props[:]  # paths of this machine
    onnx.helper.set_model_props(model, properties)
    onnx.save(model, path)


def _example(generator: Generator, count: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % generator.shape.classes
    z = rng.standard_normal((len(labels), generator.shape.latent), np.float32)
    return torch.from_numpy(z), torch.from_numpy(labels)
