"""`qamro model fetch` from a server that works, breaks, lies or hides."""
import hashlib
import json
import os
import random
import shutil
import ssl
import subprocess
import time

import pytest
from command import QAMRO, run
from hub_server import HubServer, cut_after, linked, redirect, reply, status

NAME = "wavlm-base"  # the table has no hash for it, so tests can choose the file
PATH = "/s3prl/converted_ckpts/resolve/main/wavlm_base.pt"
CONFIG = "/facebook/audiobox-aesthetics/resolve/9b1dd8e5df9af7216e836a98974fe3b82c56ded6/config.json"
WEIGHTS = b"PK\x03\x04" + random.Random(1).randbytes(299_996)  # begins as torch.save does
OTHERS = b"PK\x03\x04" + random.Random(2).randbytes(299_996)


def released_config():
    """The published config.json, byte for byte, because the table has its hash."""
    transform = {"CE": (5.06865, 1.93029), "CU": (5.73633, 1.75669), "PC": (3.18591, 1.86637), "PQ": (6.57505, 1.51466)}
    config = dict(proj_num_layer=5, proj_ln=True, proj_act_fn="gelu", proj_dropout=0.0, nth_layer=13,
                  use_weighted_layer_sum=True, precision="32", normalize_embed=True, output_dim=1,
                  target_transform={axis: {"mean": mean, "std": std} for axis, (mean, std) in transform.items()})
    return json.dumps(config, sort_keys=True, indent=2).encode()


@pytest.fixture
def hub():
    server = HubServer()
    server.put(PATH, WEIGHTS)
    yield server
    server.close()


@pytest.fixture
def fetch(hub, tmp_path):
    """Runs the command against the server, with its own home."""

    def call(*arguments, name=NAME, preexec=None, **environment):
        clean = {key: value for key, value in os.environ.items()
                 if not key.startswith(("HF_", "XDG_", "QAMRO_")) and not key.lower().endswith("_proxy")}
        return run("model", "fetch", name, "--wait", "0.01", *arguments, preexec_fn=preexec, restore_signals=False,
                   env={**clean, "HOME": str(tmp_path), "HF_ENDPOINT": hub.url, **environment})

    call.folder = tmp_path / ".local/share/qamro/models" / NAME
    call.file = call.folder / "wavlm_base.pt"
    return call


def files_in(folder):
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def ranges(hub):
    return [headers.get("Range") for _, headers in hub.requests]


def expect_fetched(result, fetch, content=WEIGHTS):
    assert result.returncode == 0, result.stderr
    assert fetch.file.read_bytes() == content
    assert files_in(fetch.folder) == ["fetched.json", "wavlm_base.pt"]
    receipt = json.loads((fetch.folder / "fetched.json").read_text())
    assert receipt["files"][0]["sha256"] == hashlib.sha256(content).hexdigest() in result.stdout
    return receipt


def expect_refused(result, fetch, *words):
    assert result.returncode == 3, result.stdout + result.stderr
    for word in words:
        assert word in result.stderr
    assert not fetch.file.exists()


def test_a_file_comes_with_its_receipt(hub, fetch):
    result = fetch()
    receipt = expect_fetched(result, fetch)
    assert str(fetch.folder) in result.stdout and "licence: MIT" in result.stdout
    assert "later fetches must match it" in result.stdout
    assert receipt["files"][0]["checked_against"] == "nothing"
    assert hub.requests[0][1]["Accept-Encoding"] == "identity" and "Authorization" not in hub.requests[0][1]


def test_existing_files_are_checked_not_fetched(hub, fetch):
    fetch()
    again = fetch()
    assert again.returncode == 0 and "same as the first download" in again.stdout and len(hub.requests) == 1
    fetch.file.write_bytes(OTHERS)
    damaged = fetch()
    assert damaged.returncode == 3 and "wavlm_base.pt" in damaged.stderr and "--anew" in damaged.stderr
    expect_fetched(fetch("--anew"), fetch)


def test_another_file_than_the_first_time_is_refused(hub, fetch):
    fetch()
    fetch.file.unlink()
    hub.put(PATH, OTHERS)
    expect_refused(fetch(), fetch, hashlib.sha256(WEIGHTS).hexdigest(), hashlib.sha256(OTHERS).hexdigest())
    assert files_in(fetch.folder) == ["fetched.json"]


@pytest.mark.parametrize("cuts", [[100_000], [1, 150_000, 7]])
def test_a_cut_connection_is_resumed(hub, fetch, cuts):
    hub.script = [cut_after(hub, count) for count in cuts]
    result = fetch()
    expect_fetched(result, fetch)
    at = [sum(cuts[:i + 1]) for i in range(len(cuts))]
    assert ranges(hub) == [None] + [f"bytes={offset}-" for offset in at]
    assert all("If-Range" in headers for _, headers in hub.requests[1:])
    assert result.stderr.count("; retrying in") == len(cuts)


def test_a_later_call_resumes_where_the_first_gave_up(hub, fetch):
    hub.script = [cut_after(hub, 120_000)]
    expect_refused(fetch("--attempts", "1"), fetch, "after 1 attempts", "wavlm_base.pt")
    assert files_in(fetch.folder) == [".wavlm_base.pt.part", ".wavlm_base.pt.part.json"]
    expect_fetched(fetch(), fetch)
    assert ranges(hub) == [None, "bytes=120000-"]


def test_a_killed_fetch_is_resumed(hub, fetch, tmp_path):
    def slowly(request):
        cut_after(hub, 200_000)  # only the headers of a whole answer
        request.send_response(200)
        request.send_header("Content-Length", str(len(WEIGHTS)))
        request.send_header("ETag", f'"{hashlib.md5(WEIGHTS).hexdigest()}"')
        request.end_headers()
        request.wfile.write(WEIGHTS[:200_000])
        time.sleep(20)

    hub.script = [slowly]
    environment = {**os.environ, "HOME": str(tmp_path), "HF_ENDPOINT": hub.url}
    process = subprocess.Popen([QAMRO, "model", "fetch", NAME], env=environment, stderr=subprocess.DEVNULL)
    part = fetch.folder / ".wavlm_base.pt.part"
    for _ in range(200):
        if part.exists() and part.stat().st_size == 200_000:
            break
        time.sleep(0.05)
    process.kill()
    process.wait()
    assert part.stat().st_size == 200_000 and not fetch.file.exists()
    expect_fetched(fetch(), fetch)
    assert ranges(hub) == [None, "bytes=200000-"]


def test_a_server_that_ignores_ranges_is_heard_from_the_start(hub, fetch):
    hub.script = [cut_after(hub, 100_000), lambda request: reply(request, 200, WEIGHTS)]
    expect_fetched(fetch(), fetch)


def test_a_file_that_changes_between_two_attempts_is_not_mixed(hub, fetch):
    hub.script = [cut_after(hub, 100_000)]
    fetch("--attempts", "1")
    hub.put(PATH, OTHERS)
    expect_fetched(fetch(), fetch, OTHERS)
    assert hub.requests[1][1]["If-Range"] == f'"{hashlib.md5(WEIGHTS).hexdigest()}"'


def test_a_server_that_ignores_if_range_is_caught_by_its_tag(hub, fetch):
    def part_anyway(request):
        first = int(request.headers["Range"][6:-1])
        reply(request, 206, OTHERS[first:], [("ETag", '"other"'),
                                             ("Content-Range", f"bytes {first}-{len(OTHERS) - 1}/{len(OTHERS)}")])

    hub.script = [cut_after(hub, 100_000)]
    fetch("--attempts", "1")
    hub.put(PATH, OTHERS)
    hub.script = [part_anyway]
    expect_fetched(fetch(), fetch, OTHERS)


def test_a_changed_file_without_tags_is_caught_by_its_hash(hub, fetch):
    """Half of one file and half of another: the server's hash reveals it, and the whole file is
    downloaded again."""
    hub.tags = False
    hub.script = [cut_after(hub, 100_000, linked(OTHERS)), lambda request: hub.answer(request, linked(OTHERS)),
                  lambda request: hub.answer(request, linked(OTHERS))]
    fetch("--attempts", "1")
    hub.put(PATH, OTHERS)
    expect_fetched(fetch(), fetch, OTHERS)
    assert ranges(hub) == [None, "bytes=100000-", None]


def test_a_new_hash_of_the_server_starts_over(hub, fetch):
    hub.script = [cut_after(hub, 100_000, linked(WEIGHTS)), lambda request: hub.answer(request, linked(OTHERS)),
                  lambda request: hub.answer(request, linked(OTHERS))]
    fetch("--attempts", "1")
    hub.put(PATH, OTHERS)
    receipt = expect_fetched(fetch(), fetch, OTHERS)
    assert receipt["files"][0]["checked_against"] == "server"
    assert receipt["files"][0]["revision"] == "0123456789abcdef0123456789abcdef01234567"


def test_a_part_without_tag_or_hash_is_not_trusted(hub, fetch):
    hub.tags = False
    hub.script = [cut_after(hub, 100_000)]
    expect_fetched(fetch(), fetch)
    assert ranges(hub) == [None, None]


def test_a_lying_content_range_starts_over(hub, fetch):
    def elsewhere(request):
        reply(request, 206, WEIGHTS[50:], [("Content-Range", f"bytes 50-{len(WEIGHTS) - 1}/{len(WEIGHTS)}")])

    hub.script = [cut_after(hub, 100_000), elsewhere]
    expect_fetched(fetch(), fetch)


def test_wrong_bytes_are_removed(hub, fetch):
    hub.script = [lambda request: reply(request, 200, OTHERS, linked(WEIGHTS))]
    expect_refused(fetch(), fetch, "expected SHA-256 " + hashlib.sha256(WEIGHTS).hexdigest(),
                   hashlib.sha256(OTHERS).hexdigest())
    assert files_in(fetch.folder) == []


def test_a_redirect_is_followed_and_the_token_stays(hub, fetch):
    other = HubServer()
    other.put("/blob", WEIGHTS)
    hub.script = [redirect("/moved", linked(WEIGHTS), 307), redirect(f"{other.url}/blob?signature=secret")]
    result = fetch(HF_TOKEN="hf_token")
    receipt = expect_fetched(result, fetch)
    other.close()
    assert [headers.get("Authorization") for _, headers in hub.requests] == ["Bearer hf_token"] * 2
    assert hub.requests[1][0] == "/moved" and other.requests[0][0] == "/blob?signature=secret"
    assert "Authorization" not in other.requests[0][1]
    assert "secret" not in result.stdout + result.stderr + json.dumps(receipt)
    assert receipt["files"][0]["checked_against"] == "server"


def test_the_token_goes_to_no_other_host_even_on_the_same_machine(hub, fetch):
    hub.script = [redirect(f"http://localhost:{hub.port}/moved"), redirect(hub.url + "/back")]
    hub.put("/back", WEIGHTS)
    expect_fetched(fetch(HF_TOKEN="hf_token"), fetch)
    assert [path for path, _ in hub.requests] == [PATH, "/moved", "/back"]
    assert [headers.get("Authorization") for _, headers in hub.requests] == ["Bearer hf_token", None, "Bearer hf_token"]


def test_the_body_of_a_redirect_is_skipped(hub, fetch):
    hub.put("/moved", WEIGHTS)
    hub.script = [status(302, [("Location", "/moved")], b"it has moved" * 1000)]
    expect_fetched(fetch(), fetch)


def test_a_redirect_without_an_address_is_refused(hub, fetch):
    hub.script = [status(302)]
    expect_refused(fetch(), fetch, "302")
    assert len(hub.requests) == 1


def test_a_cut_download_is_gone_on_with_behind_redirects(hub, fetch):
    hub.put("/blob", WEIGHTS)
    hub.script = [redirect("/blob"), cut_after(hub, 100_000), redirect("/blob")]
    expect_fetched(fetch(), fetch)
    assert ranges(hub) == [None, None, "bytes=100000-", "bytes=100000-"]


def test_the_hash_of_another_origin_is_not_believed(hub, fetch):
    other = HubServer()
    other.put("/blob", OTHERS)
    other.script = [lambda request: other.answer(request, linked(WEIGHTS))]
    hub.script = [redirect(f"{other.url}/blob")]
    receipt = expect_fetched(fetch(), fetch, OTHERS)
    other.close()
    assert receipt["files"][0]["checked_against"] == "nothing"


def test_a_signed_address_stays_out_of_messages(hub, fetch):
    other = HubServer()
    hub.script = [redirect(f"{other.url}/blob?signature=secret")]
    result = fetch()
    other.close()
    expect_refused(result, fetch, f"{other.url}/blob", "404")
    assert "secret" not in result.stderr


def test_a_loop_of_redirects_ends(hub, fetch):
    hub.script = [redirect(PATH)] * 50
    expect_refused(fetch(), fetch, "more than 10 redirects")
    assert len(hub.requests) == 11


@pytest.mark.parametrize("location", ["file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://127.0.0.1/x", "http://"])
def test_a_redirect_out_of_the_web_is_refused(hub, fetch, location):
    hub.script = [redirect(location)]
    expect_refused(fetch(), fetch, "http or https")
    assert len(hub.requests) == 1


@pytest.mark.parametrize("number", [401, 403, 404, 410])
def test_no_access_ends_at_once_and_says_what_to_do(hub, fetch, number):
    hub.script = [status(number)]
    result = fetch()
    expect_refused(result, fetch, str(number), hub.url + PATH, str(fetch.folder), "HF_ENDPOINT")
    assert len(hub.requests) == 1


def test_a_server_in_trouble_is_tried_again(hub, fetch):
    hub.script = [status(503, [("Retry-After", "1")]), status(500), status(429)]
    start = time.monotonic()
    result = fetch()
    expect_fetched(result, fetch)
    assert time.monotonic() - start >= 1 and "retrying in 1.0 s" in result.stderr


def test_a_server_that_stays_in_trouble_is_given_up(hub, fetch):
    hub.script = [status(502)] * 9
    expect_refused(fetch("--attempts", "3"), fetch, "502", "after 3 attempts")
    assert len(hub.requests) == 3


def test_silence_is_a_broken_connection(hub, fetch):
    hub.script = [lambda request: time.sleep(10)]
    expect_fetched(fetch("--timeout", "1"), fetch)


def test_without_a_server_the_error_says_which_files_go_where(hub, fetch):
    port = hub.port
    hub.close()
    result = fetch()
    expect_refused(result, fetch, f"http://127.0.0.1:{port}{PATH}", str(fetch.folder), "qamro model fetch wavlm-base")
    hub.__init__()  # for the end of the fixture


def test_more_bytes_than_it_can_be_are_refused(hub, fetch):
    hub.script = [lambda request: reply(request, 200, b"x", length=2_000_000_000)]
    expect_refused(fetch(), fetch, "at most 1500000000", "2000000000")
    assert files_in(fetch.folder) == []


def test_more_bytes_than_promised_are_refused(hub, fetch):
    def endless(request):
        request.send_response(200)
        for name, value in [*linked(WEIGHTS), ("Transfer-Encoding", "chunked")]:
            request.send_header(name, value)
        request.end_headers()
        try:
            for _ in range(1000):
                request.wfile.write(b"10000\r\n" + WEIGHTS[:0x10000] + b"\r\n")
        except OSError:
            pass

    hub.script = [endless]
    expect_refused(fetch(), fetch, "the server sends more")
    assert files_in(fetch.folder) == []


def test_a_stream_of_unknown_length_is_refused(hub, fetch):
    def until_closed(request):
        request.send_response(200)
        request.send_header("Connection", "close")
        request.end_headers()
        request.wfile.write(WEIGHTS[:1000])

    hub.script = [until_closed]
    expect_refused(fetch(), fetch, "how long the file is")


def test_packed_bytes_are_refused(hub, fetch):
    hub.script = [lambda request: reply(request, 200, WEIGHTS, [("Content-Encoding", "gzip")])]
    expect_refused(fetch(), fetch, "gzip")


def test_a_full_disk_is_named_and_the_rest_kept(hub, fetch):
    def small_files():
        import resource
        import signal
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    expect_refused(fetch(preexec=small_files), fetch, ".wavlm_base.pt.part", "File too large")
    expect_fetched(fetch(), fetch)
    assert ranges(hub) == [None, "bytes=100000-"]


def test_two_processes_download_once(hub, fetch, tmp_path):
    def slowly(request):
        time.sleep(1)
        hub.answer(request)

    hub.script = [slowly]
    environment = {**os.environ, "HOME": str(tmp_path), "HF_ENDPOINT": hub.url}
    both = [subprocess.Popen([QAMRO, "model", "fetch", NAME], env=environment, stdout=subprocess.DEVNULL,
                             stderr=subprocess.PIPE, text=True) for _ in range(2)]
    messages = "".join(process.communicate()[1] for process in both)
    assert [process.returncode for process in both] == [0, 0], messages
    assert "waiting for another process" in messages
    assert len(hub.requests) == 1 and fetch.file.read_bytes() == WEIGHTS


def test_a_proxy_is_asked(hub, fetch):
    hub.put("http://hub.example" + PATH, WEIGHTS)
    expect_fetched(fetch(HF_ENDPOINT="http://hub.example/", http_proxy=hub.url), fetch)
    assert hub.requests[0][0] == "http://hub.example" + PATH


def test_offline_asks_nobody(hub, fetch):
    expect_refused(fetch(HF_HUB_OFFLINE="1"), fetch, "HF_HUB_OFFLINE", hub.url + PATH)
    assert hub.requests == []


@pytest.mark.parametrize("variable", ["HF_HOME", "HF_HUB_CACHE", "HOME"])
def test_the_cache_of_hugging_face_is_used(hub, fetch, tmp_path, variable):
    cache = {"HF_HOME": tmp_path / "hf/hub", "HF_HUB_CACHE": tmp_path / "cache",
             "HOME": tmp_path / ".cache/huggingface/hub"}[variable]
    repository = cache / "models--s3prl--converted_ckpts"
    (repository / "blobs").mkdir(parents=True)
    (repository / "blobs/abc").write_bytes(WEIGHTS)
    (repository / "snapshots/123").mkdir(parents=True)
    (repository / "snapshots/123/wavlm_base.pt").symlink_to("../../blobs/abc")
    (repository / "refs").mkdir()
    (repository / "refs/main").write_text("123")
    environment = {"HF_HOME": {"HF_HOME": str(tmp_path / "hf")}, "HF_HUB_CACHE": {"HF_HUB_CACHE": str(cache)},
                   "HOME": {}}[variable]
    result = fetch(HF_HUB_OFFLINE="1", **environment)
    expect_fetched(result, fetch)
    assert "from the Hugging Face cache" in result.stderr and hub.requests == []
    shutil.rmtree(cache)  # the fetched file stays
    assert fetch.file.read_bytes() == WEIGHTS


@pytest.mark.parametrize("environment, store", [({"QAMRO_HOME": "own"}, "own/models"), ({"XDG_DATA_HOME": "data"},
                                                                                     "data/qamro/models")])
def test_where_models_go(hub, fetch, tmp_path, environment, store):
    name, folder = next(iter(environment.items()))
    assert fetch(**{name: str(tmp_path / folder)}).returncode == 0
    assert (tmp_path / store / NAME / "wavlm_base.pt").exists()
    assert fetch("--to", tmp_path / "else").returncode == 0
    assert (tmp_path / "else" / NAME / "wavlm_base.pt").exists()


def test_a_file_of_the_table_has_to_be_the_published_one(hub, fetch, tmp_path):
    folder = tmp_path / ".local/share/qamro/models/audiobox-aesthetics"
    hub.put(CONFIG, released_config().replace(b"13", b"12"))
    wrong = fetch(name="audiobox-aesthetics")
    assert wrong.returncode == 3 and "expected SHA-256 0b8eabc5" in wrong.stderr
    assert files_in(folder) == []
    hub.put(CONFIG, released_config() + b"\n")
    assert "expected exactly 492 bytes, the server has 493" in fetch(name="audiobox-aesthetics").stderr
    hub.script = [lambda request: hub.answer(request, linked(OTHERS))]
    hub.put(CONFIG, released_config())
    assert "the server has" in fetch(name="audiobox-aesthetics").stderr
    right = fetch(name="audiobox-aesthetics")  # after that, the weights are missing
    assert right.returncode == 3 and "model.safetensors" in right.stderr and "404" in right.stderr
    assert files_in(folder) == ["config.json", "fetched.json"]
    assert "415472992 bytes, SHA-256 a5a3c241" in right.stderr


def test_a_file_put_there_by_hand_is_checked(hub, fetch, tmp_path):
    folder = tmp_path / ".local/share/qamro/models/audiobox-aesthetics"
    folder.mkdir(parents=True)
    (folder / "config.json").write_bytes(b"{}")
    result = fetch(name="audiobox-aesthetics")
    assert result.returncode == 3 and "config.json" in result.stderr and "expected 492 bytes" in result.stderr
    assert hub.requests == []


def test_an_unknown_name_lists_the_known_ones(fetch):
    result = fetch(name="no-such-model")
    assert result.returncode == 2 and "audiobox-aesthetics" in result.stderr and "wavlm-base-plus" in result.stderr


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    if not shutil.which("openssl"):
        pytest.skip("no openssl to make a certificate with")
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
                    "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
                   check=True, capture_output=True)
    return folder


@pytest.fixture
def secure_hub(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    server = HubServer(context)
    server.put(PATH, WEIGHTS)
    yield server
    server.close()


def test_a_certificate_that_does_not_hold_is_refused(secure_hub, certificate, fetch):
    expect_refused(fetch(HF_ENDPOINT=secure_hub.url), fetch, "certificate")
    expect_fetched(fetch(HF_ENDPOINT=secure_hub.url, CURL_CA_BUNDLE=str(certificate / "cert.pem")), fetch)


def test_a_redirect_from_https_to_http_is_refused(secure_hub, certificate, hub, fetch):
    secure_hub.script = [redirect(hub.url + PATH)]
    result = fetch(HF_ENDPOINT=secure_hub.url, CURL_CA_BUNDLE=str(certificate / "cert.pem"))
    expect_refused(result, fetch, "from https to http://")
    assert hub.requests == []


def test_a_redirect_that_leaves_https_again_is_refused(secure_hub, certificate, hub, fetch):
    hub.script = [redirect(secure_hub.url + PATH)]
    secure_hub.script = [redirect(hub.url + "/blob")]
    hub.put("/blob", WEIGHTS)
    expect_refused(fetch(CURL_CA_BUNDLE=str(certificate / "cert.pem")), fetch, "from https to http://")
    assert [path for path, _ in hub.requests] == [PATH]
