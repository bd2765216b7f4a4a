"""Writes the format of torch.save, without torch."""
import collections
import io
import math
import pickle
import struct
import sys
import types
import unittest.mock
import zipfile

TORCH = types.ModuleType("torch")
UTILS = types.ModuleType("torch._utils")
TORCH._utils = UTILS
TORCH.FloatStorage = type("FloatStorage", (), {"__module__": "torch"})


def _rebuild_tensor_v2():
    """Only its name is written."""


_rebuild_tensor_v2.__module__ = "torch._utils"
UTILS._rebuild_tensor_v2 = _rebuild_tensor_v2


class Tensor:
    """float32, contiguous."""

    def __init__(self, shape, values):
        self.shape, self.values = tuple(shape), values

    def __reduce__(self):
        strides = tuple(math.prod(self.shape[i + 1:]) for i in range(len(self.shape)))
        return _rebuild_tensor_v2, (Storage(self.values), 0, self.shape, strides, False, collections.OrderedDict())


class Storage:
    def __init__(self, values):
        self.values = values


def write_torch_file(path, value):
    storages, out = [], io.BytesIO()

    class Pickler(pickle.Pickler):
        def persistent_id(self, object):
            if not isinstance(object, Storage):
                return None
            storages.append(object)
            return "storage", TORCH.FloatStorage, str(len(storages) - 1), "cpu", len(object.values)

    with unittest.mock.patch.dict(sys.modules, {"torch": TORCH, "torch._utils": UTILS}):
        Pickler(out, protocol=2).dump(value)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", out.getvalue())
        archive.writestr("archive/version", "3\n")
        for i, storage in enumerate(storages):
            archive.writestr(f"archive/data/{i}", struct.pack(f"<{len(storage.values)}f", *storage.values))
