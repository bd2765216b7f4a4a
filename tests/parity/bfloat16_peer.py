"""PyTorch in bfloat16, rounded as by autocast, on any processor: operands and results of products are
rounded, sums are float32.

Under torch.autocast itself, processors without bfloat16 instructions take minutes per clip.
"""
import torch
from torch.nn import functional

PRODUCTS = [(functional, name) for name in ("linear", "conv1d", "scaled_dot_product_attention", "gelu")]
PRODUCTS += [(torch, name) for name in ("bmm", "baddbmm", "matmul")]


def rounded(value):
    if isinstance(value, torch.Tensor) and value.is_floating_point():
        return value.to(torch.bfloat16).float()
    return value


def rounding(product):
    def call(*operands, **options):
        return rounded(product(*map(rounded, operands), **{name: rounded(value) for name, value in options.items()}))
    return call


def as_autocast(function):
    """The function, with every product in it rounded."""
    def call(*arguments):
        plain = [getattr(module, name) for module, name in PRODUCTS]
        for (module, name), product in zip(PRODUCTS, plain):
            setattr(module, name, rounding(product))
        try:
            return function(*arguments)
        finally:
            for (module, name), product in zip(PRODUCTS, plain):
                setattr(module, name, product)
    return call
