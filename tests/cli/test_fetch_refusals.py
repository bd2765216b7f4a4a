"""`qamro model fetch` from servers that send something else than the file, too slowly, or contradict themselves."""
import json
import time

import pytest
from hub_server import cut_after, linked, redirect, reply, status
from test_fetch import (CONFIG, NAME, OTHERS, PATH, WEIGHTS, expect_fetched, expect_refused, fetch,  # noqa: F401
                        files_in, hub, ranges)

PAGE = (b"<!DOCTYPE html>\n<html><head><meta charset=utf-8><TITLE lang=en>\n  Log in to\tHotel \x1b[31mWi-Fi </TITLE>"
        b"</head><body>" + b"<p>words</p>" * 1000 + b"</body></html>")
HTML = [("Content-Type", "text/html; charset=utf-8")]


def answers(body, headers=(), length=None):
    return lambda request: reply(request, 200, body, headers, length)


def chunked(*pieces, headers=()):
    def answer(request):
        request.send_response(200)
        for name, value in [*headers, ("Transfer-Encoding", "chunked")]:
            request.send_header(name, value)
        request.end_headers()
        try:
            for piece in pieces:
                request.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
                request.wfile.flush()
                time.sleep(0.02)
            request.wfile.write(b"0\r\n\r\n")
        except OSError:
            request.close_connection = True

    return answer


def drip(request, content):
    """Ten bytes a second, as long as somebody listens."""
    try:
        for i in range(len(content)):
            request.wfile.write(content[i:i + 1])
            request.wfile.flush()
            time.sleep(0.1)
    except OSError:
        pass


def raw(head, body=b""):
    def answer(request):
        request.wfile.write(b"HTTP/1.1 " + head.replace(b"\n", b"\r\n") + b"\r\n\r\n" + body)
        request.close_connection = True

    return answer


@pytest.mark.parametrize("page, title", [(PAGE, "titled 'Log in to Hotel [31mWi-Fi'"),
                                         (b"\xef\xbb\xbf \n<html><body>No title", "without a title"),
                                         (b"<!-- x --><html><title>A</title>", "titled 'A'"),
                                         (b"<?xml version='1.0'?><html><title>B</title>", "titled 'B'")])
def test_a_web_page_is_refused_by_its_title(hub, fetch, page, title):
    hub.script = [answers(page, HTML)]
    expect_refused(fetch(), fetch, "wavlm_base.pt from " + hub.url, "expected a zip archive or a pickle",
                   f"got an HTML page {title}", "login")
    assert len(hub.requests) == 1 and files_in(fetch.folder) == []
    expect_fetched(fetch(), fetch)
    assert ranges(hub) == [None, None]


def test_a_web_page_in_pieces_is_refused_too(hub, fetch):
    hub.script = [chunked(*(PAGE[i:i + 3] for i in range(0, 150, 3)))]
    expect_refused(fetch(), fetch, "got an HTML page titled 'Log in to Hotel")
    assert files_in(fetch.folder) == []


def test_a_cut_web_page_leaves_nothing(hub, fetch):
    def cut(request):
        reply(request, 200, PAGE[:40], HTML, len(PAGE))
        request.close_connection = True

    hub.script = [cut]
    expect_refused(fetch("--timeout", "1"), fetch, "got an HTML page without a title")
    assert files_in(fetch.folder) == [] and len(hub.requests) == 1


def test_a_page_behind_a_redirect_is_named(hub, fetch):
    hub.put("/portal", PAGE)
    hub.script = [redirect("/portal?return=secret")]
    result = fetch()
    expect_refused(result, fetch, f"{hub.url}/portal", "titled 'Log in to Hotel")
    assert "secret" not in result.stderr and files_in(fetch.folder) == []


def test_a_page_instead_of_a_file_whose_size_is_known(hub, fetch, tmp_path):
    hub.put(CONFIG, PAGE)
    hub.script = [answers(PAGE, HTML)]
    result = fetch(name="audiobox-aesthetics")
    assert result.returncode == 3 and "config.json from" in result.stderr
    assert "expected JSON, got an HTML page titled 'Log in to Hotel" in result.stderr
    hub.script = [answers(b"{}", HTML)]  # only called a page
    assert "expected exactly 492 bytes, the server has 2" in fetch(name="audiobox-aesthetics").stderr
    assert files_in(tmp_path / ".local/share/qamro/models/audiobox-aesthetics") == []


def test_a_page_does_not_cost_what_was_begun(hub, fetch):
    hub.script = [cut_after(hub, 100_000), answers(PAGE, HTML)]
    expect_refused(fetch(), fetch, "HTML page")
    assert files_in(fetch.folder) == [".wavlm_base.pt.part", ".wavlm_base.pt.part.json"]
    expect_fetched(fetch(), fetch)
    assert ranges(hub) == [None, "bytes=100000-", "bytes=100000-"]


@pytest.mark.parametrize("answer", [answers(b""), chunked(), answers(b"", linked(b""))])
def test_an_empty_body_is_refused(hub, fetch, answer):
    hub.script = [answer]
    expect_refused(fetch(), fetch, "got no bytes")
    assert len(hub.requests) == 1 and files_in(fetch.folder) == []


@pytest.mark.parametrize("body, what", [(b"version https://git-lfs.github.com/spec/v1\noid", "a Git LFS pointer"),
                                        (b'{"error": "gone"}', "JSON"), (b"<?xml version='1.0'?><Error/>", "XML"),
                                        (b"no such file\nreally", "text, 'no such file'"),
                                        (b"\x1f\x8b\x08", "gzip"), (b"\x80\x09abc", "bytes 80 09 61 62 63")])
def test_other_bytes_than_those_of_the_kind_are_named(hub, fetch, body, what):
    hub.script = [answers(body)]
    expect_refused(fetch(), fetch, f"expected a zip archive or a pickle, got {what}")
    assert files_in(fetch.folder) == []


def test_a_pickle_is_accepted(hub, fetch):
    pickle = b"\x80\x02\x8a\x0a" + OTHERS
    hub.put(PATH, pickle)
    expect_fetched(fetch(), fetch, pickle)


def test_a_page_that_lies_there_is_not_taken(hub, fetch):
    fetch.folder.mkdir(parents=True)
    fetch.file.write_bytes(PAGE)
    result = fetch()
    assert result.returncode == 3 and "it was here before" in result.stderr and "titled 'Log in" in result.stderr
    assert hub.requests == [] and files_in(fetch.folder) == ["wavlm_base.pt"]
    expect_fetched(fetch("--anew"), fetch)


def test_a_part_that_begins_with_a_page_starts_over(hub, fetch):
    """As an older qamro left it."""
    hub.script = [cut_after(hub, 100_000)]
    fetch("--attempts", "1")
    part = fetch.folder / ".wavlm_base.pt.part"
    part.write_bytes(PAGE[:100] + part.read_bytes()[100:])
    expect_fetched(fetch(), fetch)
    assert ranges(hub) == [None, "bytes=100000-", None]


def test_a_network_that_wants_a_login_is_not_tried_again(hub, fetch):
    hub.script = [status(511)]
    expect_refused(fetch(), fetch, "511", "the network wants a login")
    assert len(hub.requests) == 1


def test_a_drip_is_a_broken_connection(hub, fetch):
    def drips(request):
        request.send_response(200)
        request.send_header("Content-Length", str(len(WEIGHTS)))
        request.send_header("ETag", '"drip"')
        request.end_headers()
        drip(request, WEIGHTS[:300])

    hub.script = [drips]
    start = time.monotonic()
    result = fetch("--timeout", "2")
    expect_fetched(result, fetch)
    assert "Less than 1000 bytes/sec" in result.stderr and time.monotonic() - start < 15


def test_headers_that_drip_are_a_broken_connection(hub, fetch):
    def drips(request):
        drip(request, b"HTTP/1.1 200 OK\r\nX-Long: " + b"a" * 1000)

    hub.script = [drips]
    start = time.monotonic()
    expect_fetched(fetch("--timeout", "2"), fetch)
    assert time.monotonic() - start < 15


def test_the_minimum_rate_is_an_option(hub, fetch):
    result = fetch("--min-rate", "0")
    assert result.returncode == 2 and "minimum rate" in result.stderr
    assert "--min-rate" in fetch("--help").stdout


@pytest.mark.parametrize("token, what", [("hf_se\ncret", "line feed as character 6 of 10"),
                                         ("hf_secret\r", "carriage return as character 10 of 10"),
                                         ("hf_\x01secret", "control character as character 4"),
                                         ("hf_\x7fsecret", "control character"), ("hf_ secret", "space"),
                                         ("hf_\x1b[31msecret", "control character"), ("hf_sécret", "beyond ASCII"),
                                         ("x\r\nHost: evil\r\n\r\nGET /secret", "carriage return")])
def test_a_token_that_would_break_a_header_is_refused(hub, fetch, token, what):
    result = fetch(HF_TOKEN=token)
    assert result.returncode == 2 and "HF_TOKEN" in result.stderr and what in result.stderr
    assert "secret" not in result.stderr + result.stdout and "hf_" not in result.stderr
    assert hub.requests == [] and not fetch.folder.exists()


def head(*lengths, more=b""):
    lines = b"".join(b"\nContent-Length: " + length for length in lengths)
    return b"200 OK\nETag: \"a\"" + lines + more


@pytest.mark.parametrize("lengths", [[b"300000", b"299999"], [b"299999", b"300000"], [b"300000, 5"], [b"3e5"], [b"-1"],
                                     [b"0x10"], [b"99999999999999999999"], [b"300000", b""]])
def test_two_lengths_and_lengths_that_are_none_are_refused(hub, fetch, lengths):
    hub.script = [raw(head(*lengths), WEIGHTS)]
    expect_refused(fetch(), fetch, "Content-Length")
    assert len(hub.requests) == 1 and files_in(fetch.folder) == []


@pytest.mark.parametrize("lengths", [[b"300000", b"300000"], [b"300000, 300000"]])
def test_the_same_length_twice_is_one_length(hub, fetch, lengths):
    hub.script = [raw(head(*lengths), WEIGHTS)]
    expect_fetched(fetch(), fetch)


@pytest.mark.parametrize("span, length", [("bytes 100000-299999/200000", 200_000), ("bytes 100000-99999/300000", 200_000),
                                          ("bytes 100000-299999/300000", 100_000), ("bytes 100000-299998/300000", 200_000)])
def test_a_range_that_contradicts_is_refused(hub, fetch, span, length):
    hub.script = [cut_after(hub, 100_000)]
    fetch("--attempts", "1")
    hub.script = [lambda request: reply(request, 206, WEIGHTS[100_000:100_000 + length],
                                        [("Content-Range", span), ("ETag", '"a"')])]
    expect_refused(fetch(), fetch, "Content-Range", span)
    expect_fetched(fetch(), fetch)  # what was there is still good


def test_a_part_of_a_file_that_nothing_identifies_is_not_appended(hub, fetch):
    """Another file of the same size, from a server that ignores If-Range and sends no tag with parts."""
    def part_without_tag(request):
        reply(request, 206, OTHERS[100_000:], [("Content-Range", "bytes 100000-299999/300000")])

    hub.script = [cut_after(hub, 100_000), part_without_tag]
    hub.put(PATH, WEIGHTS)
    fetch("--attempts", "1")
    hub.put(PATH, OTHERS)
    expect_fetched(fetch(), fetch, OTHERS)
    assert ranges(hub) == [None, "bytes=100000-", None]


def test_a_tag_that_no_header_can_hold_is_not_sent_back(hub, fetch):
    hub.script = [cut_after(hub, 100_000)]
    fetch("--attempts", "1")
    note = fetch.folder / ".wavlm_base.pt.part.json"
    content = json.loads(note.read_text())
    note.write_text(json.dumps({**content, "entity_tag": '"a"\r\nX-Evil: 1'}))
    expect_fetched(fetch(), fetch)
    assert "X-Evil" not in hub.requests[1][1] and ranges(hub) == [None, None]
