"""install_test.py --build FOLDER --torch FOLDER …: installs a build, moves what was installed, and uses it from there: the
command without an environment, and the library from the programs of examples/cpp_library. Python's standard library only."""
import argparse
import json
import math
import re
import shutil
import struct
import subprocess
import sys
import unittest
import wave
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
PUBLIC = ("qamro::audio::", "qamro::data::read_manifest", "qamro::losses::", "qamro::metrics::", "qamro::models::", "qamro::scoring::")
OPTIONS = None

TORCH_FREE_PROJECT = """cmake_minimum_required(VERSION 3.22)
project(torch_free CXX)
find_package(qamro CONFIG REQUIRED COMPONENTS audio metrics)
add_executable(main main.cpp)
target_link_libraries(main PRIVATE qamro::audio qamro::metrics)
"""
TORCH_FREE_PROGRAM = """#include <qamro/audio/decoder.h>
#include <qamro/metrics/correlation.h>

#include <array>
#include <iostream>

int main(int, char** argv) {
  const std::array<double, 3> prediction = {1, 2, 3}, label = {1, 3, 2};
  std::cout << qamro::audio::read_mono(argv[1]).samples.size() << " samples, srcc "
            << qamro::metrics::srcc(prediction, label).value.value() << '\\n';
}
"""


def run(*command, expected=0, **options):
    done = subprocess.run([*map(str, command)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    if done.returncode != expected:
        raise AssertionError(f"{command}: expected exit code {expected}, got {done.returncode}\n{done.stdout}")
    return done.stdout


def write_wav(path, pitch):
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        samples = [int(8000 * math.sin(pitch * i) * math.sin(0.0007 * i)) for i in range(24000)]
        file.writeframes(struct.pack(f"<{len(samples)}h", *samples))


class Installed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.work = OPTIONS.build / "install-test"
        shutil.rmtree(cls.work, ignore_errors=True)
        run("cmake", "--install", OPTIONS.build, "--prefix", cls.work / "first")
        cls.prefix = (cls.work / "first").rename(cls.work / "moved")
        cls.qamro = cls.prefix / "bin/qamro"
        cls.library = next(cls.prefix.glob("lib*/libqamro.so"))
        cls.clips = cls.work / "clips"
        cls.clips.mkdir()
        for name, pitch in (("a", 0.05), ("b", 0.3)):
            write_wav(cls.clips / f"{name}.wav", pitch)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.work)

    def configure(self, folder, *arguments, **options):
        return run("cmake", "-G", "Ninja", "-S", folder, "-B", folder / "build", f"-DCMAKE_PREFIX_PATH={self.prefix}",
                   *arguments, **options)

    def configure_without_compiler(self, name, find, *arguments, **options):
        """What cmake says to a project that does no more than find_package(), as one line."""
        folder = self.work / name
        folder.mkdir()
        (folder / "CMakeLists.txt").write_text(f"cmake_minimum_required(VERSION 3.22)\nproject(x NONE)\n{find}\n")
        return " ".join(self.configure(folder, *arguments, **options).split())

    def test_runs_without_an_environment(self):
        self.assertEqual(run(self.qamro, "--version", env={}), f"qamro {OPTIONS.version}\n")

    def test_uses_only_libraries_of_its_own_and_of_the_system(self):
        for file in (self.qamro, self.library):
            used = re.findall(r"=> (\S+) ", run("ldd", file, env={"PATH": "/usr/bin:/bin"}))
            own = {Path(path).resolve().name for path in used if Path(path).resolve().is_relative_to(self.prefix)}
            self.assertLessEqual({"libtorch_cpu.so", "libc10.so", "libgomp.so.1"}, own)
            for path in used:
                self.assertTrue(Path(path).resolve().is_relative_to(self.prefix) or re.match(r"/(usr/|usr/local/)?lib", path),
                                path)

    def test_brings_its_models(self):
        for model in ("qamro-speech", "distill-mos"):
            self.assertIn(f"weights  {self.prefix}/share/qamro/models/{model}/", run(self.qamro, "model", "inspect", model))

    def test_brings_its_completions(self):
        share = self.prefix / "share"
        for path in ("bash-completion/completions/qamro", "zsh/site-functions/_qamro", "fish/vendor_completions.d/qamro.fish"):
            self.assertIn("audio-aes", (share / path).read_text(), path)

    def test_public_headers_include_only_public_headers(self):
        headers = list((self.prefix / "include").rglob("*.h"))
        self.assertGreater(len(headers), 20)
        for header in headers:
            for included in re.findall(r'#include ["<](qamro/[^">]+)', header.read_text()):
                self.assertTrue((self.prefix / "include" / included).exists(), f"{header.name} includes {included}")

    def test_shows_only_what_is_public(self):
        lines = run("nm", "-DC", "--defined-only", self.library).splitlines()
        names = [line.split(maxsplit=2)[2] for line in lines]
        shown = [re.sub(r"^(vtable|typeinfo|typeinfo name) for ", "", name) for name in names]
        self.assertTrue(any(name.startswith("qamro::losses::ranking_loss(") for name in shown))
        for name in shown:
            if name.startswith("qamro::") and not re.match(r"qamro::(version\(\)|\w*(Error|Input)\b)", name):
                self.assertTrue(name.startswith(PUBLIC), name)

    def test_programs_outside_of_the_tree(self):
        example = shutil.copytree(SOURCE / "examples/cpp_library", self.work / "cpp_library")
        self.configure(example, f"-DQAMRO_TORCH_DIR={OPTIONS.torch}", f"-DCMAKE_CXX_COMPILER={OPTIONS.compiler}",
                       *([f"-DCMAKE_CXX_COMPILER_LAUNCHER={OPTIONS.launcher}"] if OPTIONS.launcher else []))
        run("cmake", "--build", example / "build")

        losses = run(example / "build/ranking_loss", env={}).splitlines()
        self.assertEqual(losses[:2], ["loss 6.3", "gradient -7 7"])
        self.assertRegex(losses[2], "^refused: .*margin_scale")

        lines = run(example / "build/score_folder", self.clips, env={}).splitlines()
        rows = [json.loads(row) for row in run(self.qamro, "score", self.clips, "--output", "-", stdin=subprocess.DEVNULL)
                .splitlines() if row.startswith("{")]
        self.assertEqual(len(rows), 2)
        for line, row in zip(lines, rows, strict=True):
            path, score = line.split()
            self.assertEqual(path, row["path"])
            self.assertAlmostEqual(float(score), row["mos"], delta=1e-4)

        said = run(example / "build/score_folder", self.clips, "none", env={}, expected=2)
        self.assertRegex(said, f"model 'none': .*looked in .*{re.escape(str(self.prefix))}/share/qamro/models")

    def test_refuses_another_torch(self):
        other = self.work / "torch/include/torch/headeronly"
        other.mkdir(parents=True)
        (other / "version.h").write_text("#define TORCH_VERSION_MAJOR 2\n#define TORCH_VERSION_MINOR 3\n")
        said = self.configure_without_compiler("other_torch", "find_package(qamro CONFIG REQUIRED)",
                                               f"-DQAMRO_TORCH_DIR={self.work / 'torch'}", expected=1)
        self.assertRegex(said, r"built with torch 2\.\d+: expected torch 2\.\d+\.\*, got 2\.3 in")

    def test_audio_and_metrics_need_no_torch(self):
        nowhere = f"-DQAMRO_TORCH_DIR={self.work / 'nowhere'}"
        folder = self.work / "torch_free"
        folder.mkdir()
        (folder / "CMakeLists.txt").write_text(TORCH_FREE_PROJECT)
        (folder / "main.cpp").write_text(TORCH_FREE_PROGRAM)
        self.configure(folder, nowhere, f"-DCMAKE_CXX_COMPILER={OPTIONS.compiler}")
        run("cmake", "--build", folder / "build")
        self.assertEqual(run(folder / "build/main", self.clips / "a.wav", env={}), "24000 samples, srcc 0.5\n")

        said = self.configure_without_compiler("torch_missing", "find_package(qamro CONFIG REQUIRED COMPONENTS losses)",
                                               nowhere, expected=1)
        self.assertIn("got none in", said)

    def test_refuses_unknown_components(self):
        said = self.configure_without_compiler("unknown", "find_package(qamro CONFIG REQUIRED COMPONENTS video)", expected=1)
        self.assertIn("got 'video'", said)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    for name in ("build", "torch"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    for name in ("version", "compiler", "launcher"):
        parser.add_argument(f"--{name}", required=True)
    OPTIONS, rest = parser.parse_known_args()
    unittest.main(argv=[sys.argv[0], *rest], verbosity=2)
