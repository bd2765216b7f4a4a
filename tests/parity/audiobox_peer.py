"""The audiobox_aesthetics package as a peer, with seeded random weights, without any download."""
import warnings

import torch
from audiobox_aesthetics.model.aes import AXES_NAME, AesMultiOutput

WINDOW = 160000  # samples
CONFIG = dict(proj_num_layer=5, proj_ln=True, proj_act_fn="gelu", proj_dropout=0.0, nth_layer=13,
              use_weighted_layer_sum=True, precision="32", normalize_embed=True, output_dim=1)
TRANSFORM = {axis: {"mean": 4.0 + i, "std": 0.8 + 0.3 * i} for i, axis in enumerate(AXES_NAME)}


def random_model(seed):
    """Weights that keep the signal's size through all layers and give every parameter an effect."""
    warnings.filterwarnings("ignore", category=FutureWarning)  # weight_norm
    warnings.filterwarnings("ignore", message="Support for mismatched key_padding_mask")
    model = AesMultiOutput(**CONFIG, target_transform=TRANSFORM).eval()
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            if name.endswith("weight_g"):
                parameter.copy_(parameter * (1 + 0.1 * noise.abs()))
            elif parameter.ndim >= 2:
                parameter.copy_(noise / parameter[0].numel() ** 0.5)
            else:
                parameter.copy_((1.0 if name.endswith("weight") else 0.0) + 0.1 * noise)
    return model


def save_checkpoint(model, path):
    """Saves the released file's layout."""
    state = {"model." + name: tensor.clone() for name, tensor in model.state_dict().items()}
    torch.save({"state_dict": state, "model_cfg": CONFIG, "target_transform": TRANSFORM}, path)
