"""LAION-CLAP as a peer: the laion-clap package with seeded random weights, without any download."""
import contextlib
import io
import json
import os
import pathlib
import sys
import tempfile
import types

import pytest
import torch

transformers = pytest.importorskip("transformers")
tokenizers = pytest.importorskip("tokenizers")

ROOT = pathlib.Path(__file__).parents[2]
DATA = pathlib.Path(os.environ.get("QAMRO_DATA", ROOT.parent / "shared/data"))
FRONT_END = ("spectrogram_extractor", "logmel_extractor", "relative_position_index")
CONFIG = dict(vocab_size=50265, max_position_embeddings=514, type_vocab_size=1, layer_norm_eps=1e-5, pad_token_id=1,
              bos_token_id=0, eos_token_id=2)


def byte_vocabulary():
    """A vocabulary of single bytes, for machines without RoBERTa's."""
    folder = pathlib.Path(tempfile.mkdtemp()) / "roberta"
    folder.mkdir()
    letters = sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet())
    tokens = ["<s>", "<pad>", "</s>"] + letters
    (folder / "vocab.json").write_text(json.dumps({token: i for i, token in enumerate(tokens)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    return folder


VOCABULARY = DATA / "roberta" if (DATA / "roberta/vocab.json").exists() else byte_vocabulary()


def tokenizer():
    bpe = tokenizers.models.BPE.from_file(str(VOCABULARY / "vocab.json"), str(VOCABULARY / "merges.txt"))
    tokenizer = tokenizers.Tokenizer(bpe)
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    return tokenizer


def token_ids(text, longest=77):
    return [0] + tokenizer().encode(text).ids[: longest - 2] + [2]


def tokenize(texts, max_length=77, **_):
    rows = [token_ids(text, max_length) for text in ([texts] if isinstance(texts, str) else texts)]
    ids = torch.tensor([row + [1] * (max_length - len(row)) for row in rows])
    return {"input_ids": ids, "attention_mask": (ids != 1).long()}


transformers.RobertaModel.from_pretrained = classmethod(
    lambda cls, *_, **__: cls(transformers.RobertaConfig(**CONFIG)))
for name in ("RobertaTokenizer", "BertTokenizer", "BartTokenizer"):
    getattr(transformers, name).from_pretrained = classmethod(lambda cls, *_, **__: tokenize)
# Only downloads and training use these, and not all of them have wheels.
for name in ("wget", "progressbar", "wandb"):
    sys.modules.setdefault(name, types.ModuleType(name))
with contextlib.redirect_stdout(io.StringIO()):
    laion_clap = pytest.importorskip("laion_clap")


def randomise(module, seed):
    """Noise strong enough that outputs depend on inputs: a fresh network gives almost the same vector for
    any audio."""
    generator = torch.Generator().manual_seed(seed)
    draw = lambda tensor: torch.randn(tensor.shape, generator=generator)
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            if any(part in name for part in FRONT_END):
                continue
            if parameter.ndim >= 2:
                parameter.copy_(draw(parameter) / parameter[0].numel() ** 0.5)
            else:
                parameter.copy_(float(name.endswith("weight")) + 0.1 * draw(parameter))
        for name, buffer in module.named_buffers():
            if name.endswith("running_mean"):
                buffer.copy_(-30 + 10 * draw(buffer))
            elif name.endswith("running_var"):
                buffer.copy_(400 * (1 + 0.2 * torch.rand(buffer.shape, generator=generator)))


def build(size, seed, fusion=False):
    """CLAP_Module with HTSAT-base or HTSAT-tiny."""
    with contextlib.redirect_stdout(io.StringIO()):
        clap = laion_clap.CLAP_Module(enable_fusion=fusion, amodel=f"HTSAT-{size}", device="cpu").eval()
    randomise(clap, seed)
    return clap


def save_checkpoint(clap, path):
    """Saves the layout of music_audioset_epoch_15_esc_90.14.pt."""
    state = {"module." + name: tensor for name, tensor in clap.model.state_dict().items()}
    state["module.text_branch.embeddings.position_ids"] = torch.arange(514)[None]
    torch.save({"epoch": 15, "name": "random", "state_dict": state}, path)


class Predictor(torch.nn.Module):
    """The paper's predictor as its program builds it, with the concatenation that the program lacks."""

    def __init__(self, clap):
        super().__init__()
        self.upstream_model = clap
        for head, width in (("overall", 512), ("textual", 1024)):
            for i, (inputs, outputs) in enumerate(((width, 256), (256, 64), (64, 1)), 1):
                setattr(self, f"{head}_mlp_layer{i}", torch.nn.Linear(inputs, outputs))

    def forward(self, waveforms, texts):
        audio = self.upstream_model.get_audio_embedding_from_data(waveforms, use_tensor=True)
        text = self.upstream_model.get_text_embedding(texts, use_tensor=True)
        scores = []
        for head, x in (("overall", audio), ("textual", torch.cat((audio, text), 1))):
            for i in (1, 2, 3):
                x = getattr(self, f"{head}_mlp_layer{i}")(x)
            scores.append(x[:, 0])
        return scores


@torch.no_grad()
def build_predictor(clap, seed, clips):
    """Heads that distinguish these clips, although a random CLAP's embeddings lie close together."""
    predictor = Predictor(clap).eval()
    generator = torch.Generator().manual_seed(seed + 100)
    for name, parameter in predictor.named_parameters():
        if "_mlp_layer" in name:
            size = parameter[0].numel() if parameter.ndim > 1 else 100
            parameter.copy_(torch.randn(parameter.shape, generator=generator) / size ** 0.5)
    embeddings = torch.from_numpy(clap.get_audio_embedding_from_filelist([str(clip) for clip in clips]))
    spread = (embeddings - embeddings.mean(0)).norm(dim=1).mean() / embeddings.shape[1] ** 0.5
    for layer in (predictor.overall_mlp_layer1, predictor.textual_mlp_layer1):
        layer.weight[:, :512].div_(spread)
        layer.bias.sub_(layer.weight[:, :512] @ embeddings.mean(0))
    return predictor
