"""Tables as people have them: read as the plain table would be, or refused by line, column and cell."""
import json
import os
import random
import subprocess

import pytest
from command import QAMRO, rows, run, write_wav

CLIPS = ["a_1", "a_2", "b_1", "b_2", "c_1", "c_2"]
MOS = [3.5, 4.25, 2, 1.75, 4.5, 1234.5]
MISSING = ["", "NA", "N/A", "None", "NULL", "null", "nan", "NaN", "#N/A", "-"]


def number(value, style):
    text = f"{value:,}" if style == "thousands" else str(value)
    return text.translate(str.maketrans(",.", ".,")) if style == "comma" else text


def table(delimiter=",", style="point", quoted=False, header=True, end="\n", values=MOS, trailing=False):
    lines = [["id", "system", "mos"]] if header else []
    lines += [[clip, clip[0], value if isinstance(value, str) else number(value, style)]
              for clip, value in zip(CLIPS, values, strict=True)]
    if not header:
        lines = [[clip, value] for clip, _, value in lines]
    cell = (lambda text: f'"{text}"') if quoted else (lambda text: text)
    return end.join(delimiter.join(map(cell, line)) + (delimiter if trailing else "") for line in lines) + end


PREDICTIONS = table(values=[3.1, 4.0, 2.2, 1.5, 4.4, 1200])


def evaluate(tmp_path, labels, *options, name="labels.csv", predictions=PREDICTIONS, predictions_name="p.csv"):
    for file, content in ((name, labels), (predictions_name, predictions)):
        (tmp_path / file).write_bytes(content if isinstance(content, bytes) else content.encode())
    result = run("evaluate", "--labels", tmp_path / name, "--predictions", tmp_path / predictions_name, "--json",
                 tmp_path / "out.json", *options)
    return result, json.loads((tmp_path / "out.json").read_text()) if result.returncode == 0 else None


def utterance(tmp_path, labels, *options, axis="mos", **files):
    result, out = evaluate(tmp_path, labels, *options, **files)
    assert result.returncode == 0, result.stderr
    return out["utterance"][axis]


FORMS = [dict(delimiter=delimiter, style=style, quoted=quoted, header=header, end=end)
         for delimiter in ",;\t" for style in ("point", "comma", "thousands") for quoted in (False, True)
         for header in (True, False) for end in ("\n", "\r\n", "\r")
         if quoted or delimiter != "," or style == "point"]


@pytest.mark.parametrize("form, encoding", [
    *((form, "utf-8") for form in FORMS),
    *((form, encoding) for form in FORMS[::9] for encoding in ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"))])
def test_every_form_of_a_table_is_the_same_table(tmp_path_factory, form, encoding):
    folder = tmp_path_factory.mktemp("t")
    (folder / "l.csv").write_bytes(table(**form).encode(encoding))
    (folder / "p.csv").write_text(PREDICTIONS)
    result = run("evaluate", "--labels", folder / "l.csv", "--predictions", folder / "p.csv", "--json", folder / "o",
                 "--bootstrap", 0)
    assert result.returncode == 0, result.stderr
    out = json.loads((folder / "o").read_text())["utterance"]["mos"]
    expected = sum((a - b) ** 2 for a, b in zip(MOS, [3.1, 4.0, 2.2, 1.5, 4.4, 1200], strict=True)) / len(MOS)
    assert out["n"] == 6 and abs(out["mse"] - expected) < 1e-9


def test_sep_line_trailing_delimiters_and_an_index_column(tmp_path):
    expected = utterance(tmp_path, table())
    indexed = "\n".join(f"{i - 1 if i else ''},{line}" for i, line in enumerate(table().splitlines()))
    for labels in ("sep=;\n" + table(";", "comma"), table(trailing=True), indexed, table().replace(",", ", "),
                   table().replace("id,system,mos", "ID,System,MOS")):
        assert utterance(tmp_path, labels, axis="MOS" if "MOS" in labels else "mos") == expected


@pytest.mark.parametrize("word", MISSING)
def test_missing_words_are_missing(tmp_path, word):
    assert utterance(tmp_path, table(values=[*MOS[:4], word, word]))["n"] == 4
    assert utterance(tmp_path, table(values=[*MOS[:1], *[word] * 5]))["n"] == 1  # most of them, too


@pytest.mark.parametrize("word", ["inf", "-inf", "Infinity", "good", "3,5", "1,234", "3.5.1", "0x10"])
@pytest.mark.parametrize("count", [1, 4])
def test_a_cell_that_is_no_number_is_named(tmp_path, word, count):
    values = [3.5, 4.5, *MOS[2:6 - count], *[word] * count]
    result, _ = evaluate(tmp_path, table(";", values=values))
    line = 2 + 6 - count
    assert result.returncode == 2
    assert f"labels.csv:{line}: column 'mos'" in result.stderr and f"'{word}'" in result.stderr, result.stderr


def test_columns_that_nobody_uses_break_nothing(tmp_path):
    expected = utterance(tmp_path, table())
    with_more = "\n".join(line + (",pesq,note" if i == 0 else f",inf,text {i}")
                          for i, line in enumerate(table().splitlines()))
    assert utterance(tmp_path, with_more) == expected
    lines = [json.dumps({"id": clip, "mos": value, "x": 1}) for clip, value in zip(CLIPS, MOS, strict=True)]
    assert utterance(tmp_path, "\n".join(lines).replace('"x": 1', '"x": -Infinity'), name="l.jsonl")["n"] == 6


def test_columns_that_look_like_no_axis_are_said(tmp_path):
    def more(text):
        return "\n".join(line + (",year,text" if i == 0 else f",{2000 + i},{i}") for i, line in enumerate(text.splitlines()))
    result, out = evaluate(tmp_path, more(table()), predictions=more(PREDICTIONS))
    assert set(out["utterance"]) == {"mos", "text"}
    assert "'year'" in result.stderr and "--axis 'year'" in result.stderr
    assert set(evaluate(tmp_path, more(table()), "--axis", "year", predictions=more(PREDICTIONS))[1]["utterance"]) == {"year"}


def test_python_dictionaries_are_read(tmp_path):
    lines = "\n".join(str({"key": clip, "mos": value, "note": "it's", "pesq": float("nan"), "stoi": float("inf"), "ok": None})
                      for clip, value in zip(CLIPS, MOS, strict=True))
    assert utterance(tmp_path, table(), predictions=lines, predictions_name="p.txt")["n"] == 6


@pytest.mark.parametrize("column", ["filename", "Filename", "wav", "utt_id", "utteranceId", "audio_filepath", "file name"])
def test_usual_names_of_columns(tmp_path, column):
    labels = table().replace("id,", column + ",").replace("system,", "systems,")
    result, out = evaluate(tmp_path, labels, "--bootstrap", 0)
    assert result.returncode == 0 and out["system"]["mos"]["n"] == 3, result.stderr


def test_named_columns(tmp_path):
    labels = table().replace("id,system", "nick,group")
    result, out = evaluate(tmp_path, labels, "--key", "nick", "--system-column", "group", "--bootstrap", 0)
    assert result.returncode == 0 and out["system"]["mos"]["n"] == 3, result.stderr
    result, _ = evaluate(tmp_path, labels, "--key", "absent")
    assert result.returncode == 2 and "absent" in result.stderr
    (tmp_path / "s.csv").write_text("nick,group,year\n" + "".join(f"{c},{c[0]},{i}\n" for i, c in enumerate(CLIPS)))
    options = ("--key", "nick", "--system-column", "group", "--axis", "year")
    assert run("compare", tmp_path / "s.csv", *options).returncode == 0
    assert run("gate", tmp_path / "s.csv", "--key", "nick", "--axis", "year", "--min", "year=1").returncode == 0
    write_wav(tmp_path / "x.wav", 1.0)
    (tmp_path / "m.csv").write_text("take;group\nx.wav;g\n")
    result = run("score", tmp_path / "m.csv", "--key", "take", "--system-column", "group", "--no-ranking")
    assert rows(result.stdout)[0]["system"] == "g"


def test_named_columns_may_hold_numbers_and_serve_every_table(tmp_path):
    def renamed(text):
        return text.replace("_", "").replace("id,system", "nr,group")
    labels = renamed(table()).replace("a", "1").replace("b", "2").replace("c", "3")
    predictions = renamed(PREDICTIONS).replace("a", "1").replace("b", "2").replace("c", "3")
    assert "11,1,3.5" in labels
    (tmp_path / "train.csv").write_text("\n".join(line if line.startswith("nr") else "9" + line for line in labels.splitlines()))
    (tmp_path / "other.csv").write_text(predictions)
    result, out = evaluate(tmp_path, labels, "--key", "nr", "--system-column", "group", "--bootstrap", 0, "--baseline",
                           "lookup", "--baseline", f"other={tmp_path / 'other.csv'}", "--train", tmp_path / "train.csv",
                           predictions=predictions)
    assert result.returncode == 0 and set(out["utterance"]) == {"mos"}, result.stderr


def test_a_lone_half_of_a_utf16_pair_breaks_nothing_else(tmp_path):
    text = table().encode("utf-16-le").replace("a_2".encode("utf-16-le"), b"a\0\x00\xd82\0")
    result, _ = evaluate(tmp_path, text)
    assert result.returncode == 2 and "'a_1' (line" not in result.stderr and "1 of 6 rows" in result.stderr


PATHS = [f"out/{system}/clip {i}é.wav" for system in "ab" for i in range(3)]


def path_table(paths):
    return "path,mos\n" + "".join(f"{path},{i + 1}\n" for i, path in enumerate(paths))


@pytest.mark.parametrize("form", [
    lambda path: "./" + path, lambda path: path.replace("/", "//"), lambda path: path.replace("/", "\\"),
    lambda path: "/data/x/" + path, lambda path: path.replace("é", "e\u0301"), lambda path: path[4:],
    lambda path: path[:-4], lambda path: path[4:-4], lambda path: path.replace(".wav", ".flac"),
    lambda path: "other/" + path[4:]])
def test_paths_that_mean_the_same_join(tmp_path, form):
    result, out = evaluate(tmp_path, path_table(map(form, PATHS)), predictions=path_table(PATHS))
    assert result.returncode == 0 and out["utterance"]["mos"]["mse"] == 0, result.stderr
    assert "joined by names that differ in form" in result.stderr


@pytest.mark.parametrize("form, why", [
    (lambda path: path.replace("clip", "CLIP"), "upper and lower case"), (lambda path: path.replace("clip", "klip"), "differs in 1"),
    (lambda path: path[6:], "folder"), (lambda path: "q/" + path[6:], "folder")])
def test_paths_that_may_mean_something_else_do_not(tmp_path, form, why):
    paths = [form(path) for path in PATHS[:3]]
    result, _ = evaluate(tmp_path, path_table(paths), predictions=path_table(PATHS))
    assert result.returncode == 2 and "nearest: 'out/" in result.stderr and why in result.stderr, result.stderr


def test_clips_of_other_systems_do_not_join(tmp_path):
    labels = "path,system,mos\n" + "".join(f"x/a/{i}.wav,a,{i}\n" for i in range(4))
    predictions = "path,system,mos\n" + "".join(f"y/a/{i}.wav,b,{i}\n" for i in range(4))
    assert evaluate(tmp_path, labels, predictions=predictions)[0].returncode == 2


def test_counts_of_answers_are_ratings(tmp_path):
    lines = "".join(f"s{i}/s{i}-u{i}.wav {(1 * i + 5 * (8 - i)) / 8:.6f} 0.5 (1:{i},2:0,3:0,4:0,5:{8 - i},total: 8)\n"
                    for i in range(1, 8))
    (tmp_path / "VMC").write_text(lines)
    result = run("evaluate", "--labels", tmp_path / "VMC", "--ceiling")
    assert result.returncode == 0 and "one rater" in result.stdout
    (tmp_path / "VMC").write_text(lines.replace("total: 8)\ns3", "total: 9)\ns3"))
    result = run("evaluate", "--labels", tmp_path / "VMC", "--ceiling")
    assert result.returncode == 2 and "VMC:2" in result.stderr


def test_pipes_are_read_whole_and_devices_refused(tmp_path):
    text = "".join(json.dumps({"path": f"{i}.wav", "mos": 4.0 if i < 15 else 1.0}) + "\n" for i in range(20))
    (tmp_path / "s.jsonl").write_text(text)
    slowly = f"{QAMRO} gate <(while read l; do echo \"$l\"; sleep .02; done < {tmp_path}/s.jsonl) --min mos=3.8"
    piped = subprocess.run(["bash", "-c", slowly], capture_output=True, text=True)
    whole = run("gate", tmp_path / "s.jsonl", "--min", "mos=3.8")
    assert (piped.returncode, piped.stdout) == (whole.returncode, whole.stdout) == (1, whole.stdout)
    for arguments in (("evaluate", "--labels", "/dev/zero", "--predictions", tmp_path / "s.jsonl"),
                      ("gate", "/dev/zero", "--min", "mos=1"), ("compare", tmp_path / "s.jsonl", "/dev/zero")):
        result = run(*arguments)
        assert result.returncode in (2, 3) and "/dev/zero" in result.stderr and "device" in result.stderr


def test_names_that_are_no_utf8_stay_two_rows(tmp_path):
    names = [b"\xff.wav", b"\xfe.wav"]
    for pitch, name in zip((0.05, 0.2), names, strict=True):
        os.rename(write_wav(tmp_path / "x.wav", 1.0, pitch=pitch), os.fsencode(tmp_path) + b"/" + name)
    result = run("score", tmp_path, "--no-ranking", "-o", tmp_path / "s.jsonl")
    assert result.returncode == 0
    read = rows((tmp_path / "s.jsonl").read_text())
    assert [row["path"].rpartition("/")[2] for row in read] == ["\\xfe.wav", "\\xff.wav"]
    assert len({row["mos"] for row in read}) == 2
    again = rows(run("score", tmp_path / "s.jsonl", "--no-ranking").stdout)  # the names lead to their files
    assert [row["mos"] for row in again] == [row["mos"] for row in read]


@pytest.mark.parametrize("seed", range(40))
def test_a_number_is_read_as_it_is_or_refused(tmp_path_factory, seed):
    drawn = random.Random(seed)
    values = [round(drawn.uniform(1, 5), drawn.choice([1, 2, 3, 4])) for _ in CLIPS]
    form = drawn.choice([form for form in FORMS if form["style"] != "thousands"])
    folder = tmp_path_factory.mktemp("h")
    (folder / "l.csv").write_text(table(values=values, **form), newline="")
    (folder / "p.csv").write_text(table(values=values))
    result = run("evaluate", "--labels", folder / "l.csv", "--predictions", folder / "p.csv", "--json", folder / "o",
                 "--bootstrap", 0)
    if result.returncode == 0:
        assert json.loads((folder / "o").read_text())["utterance"]["mos"]["mse"] < 1e-20
    else:
        assert "column 'mos'" in result.stderr


def test_the_same_name_in_other_folders_does_not_join(tmp_path):
    labels = path_table(["x/s/1.wav", "y/t/2.wav", "y/t/3.wav"])
    result, _ = evaluate(tmp_path, labels, predictions=path_table(["x/q/1.wav", "x/r/2.wav", "x/r/3.wav"]))
    assert result.returncode == 2 and "whose folder differs" in result.stderr
