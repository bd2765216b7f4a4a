"""Real-life tables in every command that reads them: the numbers of the plain table, whatever its form.

Run as a script, it tries all 50 forms on each command and prints a table."""
import csv
import hashlib
import io
import itertools
import json
import sys
from pathlib import Path

import pytest
from command import ROOT, rows, run, write_wav

EXAMPLE = ROOT / "examples" / "neural_codecs"
MISSING = ["", "NA", "N/A", "None", "NULL", "#N/A", "-", "nan"]
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16"]
ENDS = ["\n", "\r\n", "\r"]
MARKS = [(",", "."), (";", "."), (";", ","), ("\t", "."), ("\t", ","), (",", ",")]  # delimiter, decimal mark

# 50 of all combinations, so that each pair of values occurs; a comma between and within numbers needs quotes.
FORMS = [dict(delimiter=delimiter, mark=mark, quoted=quoted or delimiter == mark, end=end, encoding=encoding, missing=missing)
         for ((delimiter, mark), quoted, end, encoding), missing in zip(
             list(itertools.product(MARKS, (False, True), ENDS, ENCODINGS))[::2], itertools.cycle(MISSING))][:50]
PLAIN = dict(delimiter=",", mark=".", quoted=False, end="\n", encoding="utf-8", missing="")


def name_of(form):
    delimiter = {",": "comma", ";": "semicolon", "\t": "tab"}[form["delimiter"]]
    end = {"\n": "LF", "\r\n": "CRLF", "\r": "CR"}[form["end"]]
    return (f"{delimiter}, decimal '{form['mark']}', {'quoted' if form['quoted'] else 'unquoted'}, {end}, "
            f"{form['encoding']}, missing '{form['missing']}'")


def write_table(path, header, lines, form):
    """None stands for a missing value; numbers get the form's decimal mark."""
    def cell(value):
        if value is None:
            return form["missing"]
        return str(value).replace(".", form["mark"]) if isinstance(value, float) else str(value)
    text = io.StringIO()
    writer = csv.writer(text, delimiter=form["delimiter"], lineterminator=form["end"],
                        quoting=csv.QUOTE_ALL if form["quoted"] else csv.QUOTE_MINIMAL)
    writer.writerow(header)
    writer.writerows([[cell(value) for value in line] for line in lines])
    path.write_bytes(text.getvalue().encode(form["encoding"]))
    return path


def clips():
    with open(EXAMPLE / "ratings.csv", newline="") as file:
        return list(csv.DictReader(file))


def labels(folder, form):
    lines = [[clip["path"], clip["system"], clip["sentence"], None if i == 7 else float(clip["mushra"])]
             for i, clip in enumerate(clips())]
    return write_table(folder / "labels.csv", ["path", "system", "sentence", "mushra"], lines, form)


def predictions(folder, form, name, shift):
    lines = [[clip["path"], float(clip["mushra"]) / 20 + ((i * shift) % 7) / 4] for i, clip in enumerate(clips())]
    return write_table(folder / name, ["path", "mos"], lines, form)


def evaluate(folder, form):
    result = run("evaluate", "--labels", labels(folder, form), "--predictions", predictions(folder, form, "p.csv", 3),
                 "--axis", "mushra=mos", "--bootstrap", 20, "--json", folder / "out.json")
    return result, lambda: json.loads((folder / "out.json").read_text())["utterance"]


def compare(folder, form):
    result = run("compare", "--labels", labels(folder, form), predictions(folder, form, "a.csv", 3),
                 predictions(folder, form, "b.csv", 5), "--axis", "mushra=mos", "--permutations", 200, "--json",
                 folder / "out.json")
    return result, lambda: json.loads((folder / "out.json").read_text())["axes"]


def train(folder, form):
    lines = [[clip["path"], clip["system"], clip["sentence"], float(clip["mushra"]), float(clip["distill_mos"])]
             for clip in clips()]
    table = write_table(folder / "labels.csv", ["path", "system", "sentence", "mushra", "distill_mos"], lines, form)
    result = run("train", EXAMPLE / "recipe.toml", "--output", folder / "run", "--set", "training.max_epochs=1", "--set",
                 "training.seeds=[0]", "--set", "split.folds=2", "--set", f"data.labels={table}", "--set",
                 f"data.embeddings={EXAMPLE / 'embeddings.safetensors'}")
    return result, lambda: (folder / "run/out_of_fold.csv").read_bytes()


def score(folder, form):
    for pitch in (0.05, 0.2):
        write_wav(folder / f"ä {pitch}.wav", 1.0, pitch=pitch)
    lines = [["ä 0.05.wav", "a", 0.0, 0.25, 4.5], ["ä 0.2.wav", "b", 0.25, None, None]]
    table = write_table(folder / "list.csv", ["path", "system", "start_time", "end_time", "mos"], lines, form)
    result = run("score", table, "--no-ranking")
    return result, lambda: rows(result.stdout)


COMMANDS = {"evaluate": evaluate, "compare": compare, "train": train, "score": score}


def answer(command, folder, form):
    folder.mkdir(parents=True, exist_ok=True)
    result, read = COMMANDS[command](folder, form)
    return read() if result.returncode == 0 else result.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_a_form_does_not_change_a_number(command, tmp_path):
    plain = answer(command, tmp_path / "plain", PLAIN)
    assert not isinstance(plain, str), plain
    for i, form in enumerate(FORMS[::7]):
        assert answer(command, tmp_path / str(i), form) == plain, name_of(form)


def test_training_labels_may_be_a_pipe(tmp_path):
    options = ("--set", "training.max_epochs=1", "--set", "training.seeds=[0]", "--set", "split.folds=2", "--set",
               f"data.embeddings={EXAMPLE / 'embeddings.safetensors'}", "--output")
    table = (EXAMPLE / "ratings.csv").read_text().replace("path,", "wav_name,").replace("system,", "system_id,")
    result = run("train", EXAMPLE / "recipe.toml", *options, tmp_path / "a", "--set", "data.labels=/dev/stdin", input=table)
    assert result.returncode == 0, result.stderr
    assert run("train", EXAMPLE / "recipe.toml", *options, tmp_path / "b").returncode == 0
    assert (tmp_path / "a/out_of_fold.csv").read_bytes() == (tmp_path / "b/out_of_fold.csv").read_bytes()
    described = json.loads((tmp_path / "a/model/model.json").read_text())
    assert hashlib.sha256(table.encode()).hexdigest() in json.dumps(described)


def main():
    import tempfile
    with tempfile.TemporaryDirectory() as name:
        folder, wrong = Path(name), 0
        plain = {command: answer(command, folder / command, PLAIN) for command in COMMANDS}
        for i, form in enumerate(FORMS):
            found = {command: answer(command, folder / command / str(i), form) for command in COMMANDS}
            told = {command: "right" if found[command] == plain[command] else f"WRONG {str(found[command])[-150:]!r}"
                    for command in COMMANDS}
            wrong += sum(word != "right" for word in told.values())
            print(f"{name_of(form):75}", *(f"{command} {word}" for command, word in told.items()), flush=True)
    print(f"{len(FORMS)} tables, {len(FORMS) * len(COMMANDS)} runs, {wrong} wrong")
    return wrong > 0


if __name__ == "__main__":
    sys.exit(main())
