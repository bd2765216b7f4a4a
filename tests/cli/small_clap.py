"""A small random model of kind "clap", written as a model folder without any library."""
import json

from small_audiobox import draw, write_safetensors

DIM, BLOCKS, HEADS, MELS, EMBEDDING = 8, [2, 1], [2, 2], 64, 16
TEXT_DIM, TEXT_INNER, TEXT_LAYERS, POSITIONS = 24, 32, 2, 80


def linear(named, name, inputs, outputs, bias=True):
    named[name + ".weight"] = [outputs, inputs]
    if bias:
        named[name + ".bias"] = [outputs]


def norm(named, name, size):
    named[name + ".weight"] = named[name + ".bias"] = [size]


def audio_shapes():
    named = {"bn0.weight": [MELS], "bn0.bias": [MELS], "bn0.running_mean": [MELS], "bn0.running_var": [MELS],
             "patch_embed.proj.weight": [DIM, 1, 4, 4], "patch_embed.proj.bias": [DIM]}
    norm(named, "patch_embed.norm", DIM)
    for stage, (blocks, heads) in enumerate(zip(BLOCKS, HEADS)):
        width = DIM << stage
        for block in range(blocks):
            name = f"layers.{stage}.blocks.{block}."
            norm(named, name + "norm1", width)
            norm(named, name + "norm2", width)
            named[name + "attn.relative_position_bias_table"] = [225, heads]
            linear(named, name + "attn.qkv", width, 3 * width)
            linear(named, name + "attn.proj", width, width)
            linear(named, name + "mlp.fc1", width, 4 * width)
            linear(named, name + "mlp.fc2", 4 * width, width)
        if stage + 1 < len(BLOCKS):
            norm(named, f"layers.{stage}.downsample.norm", 4 * width)
            linear(named, f"layers.{stage}.downsample.reduction", 4 * width, 2 * width, bias=False)
    norm(named, "norm", DIM << len(BLOCKS) - 1)
    return named


def text_shapes():
    named = {"embeddings.word_embeddings.weight": [259, TEXT_DIM],
             "embeddings.position_embeddings.weight": [POSITIONS, TEXT_DIM],
             "embeddings.token_type_embeddings.weight": [1, TEXT_DIM]}
    norm(named, "embeddings.LayerNorm", TEXT_DIM)
    for i in range(TEXT_LAYERS):
        layer = f"encoder.layer.{i}."
        for part in ("self.query", "self.key", "self.value", "output.dense"):
            linear(named, layer + "attention." + part, TEXT_DIM, TEXT_DIM)
        norm(named, layer + "attention.output.LayerNorm", TEXT_DIM)
        linear(named, layer + "intermediate.dense", TEXT_DIM, TEXT_INNER)
        linear(named, layer + "output.dense", TEXT_INNER, TEXT_DIM)
        norm(named, layer + "output.LayerNorm", TEXT_DIM)
    linear(named, "pooler.dense", TEXT_DIM, TEXT_DIM)
    return named


def shapes(heads):
    named = {"audio_branch." + name: shape for name, shape in audio_shapes().items()}
    named.update({"text_branch." + name: shape for name, shape in text_shapes().items()})
    for name, width in (("audio", DIM << len(BLOCKS) - 1), ("text", TEXT_DIM)):
        linear(named, f"{name}_projection.0", width, EMBEDDING)
        linear(named, f"{name}_projection.2", EMBEDDING, EMBEDDING)
    if heads:
        for name, width in (("overall", EMBEDDING), ("textual", 2 * EMBEDDING)):
            for i, (inputs, outputs) in enumerate(((width, 12), (12, 6), (6, 1)), 1):
                linear(named, f"{name}_mlp_layer{i}", inputs, outputs)
    return named


def write_vocabulary(folder):
    """A vocabulary of single bytes, in GPT-2's alphabet."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    letters = [chr(byte) for byte in printable] + [chr(256 + i) for i in range(len(others))]
    tokens = ["<s>", "<pad>", "</s>", *letters]
    (folder / "vocab.json").write_text(json.dumps({token: i for i, token in enumerate(tokens)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")


def write_model(folder, heads=True, policy="correct", seed=1, vocabulary=True):
    folder.mkdir(parents=True)
    write_safetensors(folder / "model.safetensors", draw(shapes(heads), seed, positive=("running_var",)))
    axes = [{"name": axis, "scale": [1, 5], "target_transform": {"kind": "affine", "mean": 0.0, "std": 1.0}}
            for axis in ("MI", "TA")]
    (folder / "model.json").write_text(json.dumps(
        {"format_version": 1, "name": folder.name, "kind": "clap", "weights": "model.safetensors",
         "axes": axes if heads else [], "audio_policy": policy, "head_activation": "relu",
         "encoder_config": {"text_heads": 4}, "sample_rate_hz": 48000, "mono_policy": "mean"}))
    if vocabulary:
        write_vocabulary(folder)
    return folder
