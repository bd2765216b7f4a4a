"""A small random model of kind "audiobox", as a model folder or in the published layout. Written without
any library."""
import json
import math
import random
import struct

from torch_file import Tensor, write_torch_file

AXES = ["PQ", "PC", "CE", "CU"]
CONVOLUTIONS = [(8, 10, 5), (8, 4, 4), (8, 4, 4), (8, 4, 4)]
PUBLISHED_CONVOLUTIONS = [(8, 10, 5), *[(8, 3, 2)] * 4, *[(8, 2, 2)] * 2]  # few channels, but published length
DIM, INNER, LAYERS, HEADS, KERNEL, GROUPS, BUCKETS = 24, 32, 2, 4, 8, 4, 32

MODEL_CFG = {"proj_num_layer": 1, "proj_ln": True, "proj_act_fn": "gelu", "proj_dropout": 0.0, "nth_layer": LAYERS + 1,
             "use_weighted_layer_sum": True, "normalize_embed": True, "output_dim": 1}
TRANSFORM = {axis: {"mean": 5.0, "std": 1.5} for axis in AXES}


def shapes(convolutions=CONVOLUTIONS):
    named, inputs = {"mask_emb": [DIM]}, 1
    for i, (channels, kernel, _) in enumerate(convolutions):
        named[f"feature_extractor.conv_layers.{i}.0.weight"] = [channels, inputs, kernel]
        inputs = channels
    named["feature_extractor.conv_layers.0.2.weight"] = named["feature_extractor.conv_layers.0.2.bias"] = [inputs]
    named["layer_norm.weight"] = named["layer_norm.bias"] = [inputs]
    named.update({"post_extract_proj.weight": [DIM, inputs], "post_extract_proj.bias": [DIM],
                  "encoder.pos_conv.0.weight_g": [1, 1, KERNEL], "encoder.pos_conv.0.bias": [DIM],
                  "encoder.pos_conv.0.weight_v": [DIM, DIM // GROUPS, KERNEL],
                  "encoder.layer_norm.weight": [DIM], "encoder.layer_norm.bias": [DIM],
                  "encoder.layers.0.self_attn.relative_attention_bias.weight": [BUCKETS, HEADS]})
    for i in range(LAYERS):
        layer = f"encoder.layers.{i}."
        named[layer + "self_attn.grep_a"] = [1, HEADS, 1, 1]
        named[layer + "self_attn.grep_linear.weight"] = [8, DIM // HEADS]
        named[layer + "self_attn.grep_linear.bias"] = [8]
        for name, size in [("self_attn.k_proj", [DIM, DIM]), ("self_attn.v_proj", [DIM, DIM]),
                           ("self_attn.q_proj", [DIM, DIM]), ("self_attn.out_proj", [DIM, DIM]),
                           ("fc1", [INNER, DIM]), ("fc2", [DIM, INNER])]:
            named[layer + name + ".weight"], named[layer + name + ".bias"] = size, size[:1]
        for name in ("self_attn_layer_norm", "final_layer_norm"):
            named[layer + name + ".weight"] = named[layer + name + ".bias"] = [DIM]
    named = {"wavlm_model." + name: shape for name, shape in named.items()}
    for axis in AXES:
        named[f"layer_weights.{axis}"] = [LAYERS + 1]
        named[f"proj_layer.{axis}.0.weight"], named[f"proj_layer.{axis}.0.bias"] = [1, DIM], [1]
    return named


def draw(named, seed, positive=()):
    """Returns (shape, numbers) by name."""
    numbers, tensors = random.Random(seed), {}
    for name, shape in sorted(named.items()):
        count = math.prod(shape)
        is_scale = name.endswith(("norm.weight", "0.2.weight", "weight_g", "LayerNorm.weight", "norm1.weight",
                                  "norm2.weight", "bn0.weight", *positive))
        size = 1.5 / math.sqrt(count / shape[0])
        tensors[name] = shape, [1.0 if is_scale else size * numbers.uniform(-1, 1) for _ in range(count)]
    return tensors


def write_safetensors(path, tensors):
    header, data = {}, b""
    for name, (shape, values) in tensors.items():
        end = len(data) + 4 * len(values)
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(data), end]}
        data += struct.pack(f"<{len(values)}f", *values)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def write_model(folder, seed=1):
    folder.mkdir(parents=True)
    write_safetensors(folder / "model.safetensors", draw(shapes(), seed))
    axes = [{"name": axis, "scale": [1, 10], "target_transform": {"kind": "affine", "mean": 5.0, "std": 1.5}}
            for axis in AXES]
    encoder = {"conv_feature_layers": str(CONVOLUTIONS), "encoder_embed_dim": DIM, "encoder_ffn_embed_dim": INNER,
               "encoder_layers": LAYERS, "encoder_attention_heads": HEADS, "conv_pos": KERNEL,
               "conv_pos_groups": GROUPS, "relative_position_embedding": True, "gru_rel_pos": True,
               "num_buckets": BUCKETS, "max_distance": 800, "window_samples": 8000}
    (folder / "model.json").write_text(json.dumps(
        {"format_version": 1, "name": "small", "kind": "audiobox", "weights": "model.safetensors", "axes": axes,
         "sample_rate_hz": 16000, "window_samples": 8000, "hop_samples": 8000, "mono_policy": "mean",
         "model_cfg": MODEL_CFG, "encoder_config": encoder}))
    return folder


def published_tensors(seed=1):
    return draw(shapes(PUBLISHED_CONVOLUTIONS), seed)


def write_hugging_face(folder, tensors, **settings):
    """Writes config.json and model.safetensors."""
    folder.mkdir(parents=True, exist_ok=True)
    write_safetensors(folder / "model.safetensors", tensors)
    (folder / "config.json").write_text(json.dumps({**MODEL_CFG, "target_transform": TRANSFORM, **settings}))
    return folder


def write_checkpoint(path, tensors, **entries):
    """Writes checkpoint.pt with the released file's keys, except those whose entry is None."""
    content = {"state_dict": {"model." + name: Tensor(*tensor) for name, tensor in tensors.items()},
               "model_cfg": MODEL_CFG, "target_transform": TRANSFORM, **entries}
    write_torch_file(path, {key: value for key, value in content.items() if value is not None})
    return path
