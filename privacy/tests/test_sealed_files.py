"""Sealed files: what was written comes out, nothing else ever does, and a key rotation touches the header only."""

from __future__ import annotations

import os
import resource

import pytest
from cryptography.fernet import Fernet
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from privacy.ground import sealed, sealed_files
from privacy.ground.sealed_files import CHUNK, HEADER, TAG

FRAME = CHUNK + TAG


def written(path, content):
    with sealed_files.create(path) as file:
        file.write(content)
    return path


def read(path):
    with sealed_files.open(path) as pieces:
        return b"".join(pieces)


@pytest.fixture
def three_frames(tmp_path):
    return written(tmp_path / "a.sealed", os.urandom(2 * CHUNK + 100))


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 5 * CHUNK + 7])
def test_what_was_written_comes_out(tmp_path, size):
    content = os.urandom(size)
    with sealed_files.create(tmp_path / "a") as file:
        file.write(content)
    assert read(tmp_path / "a") == content
    assert file.size == size
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o600


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(pieces=st.lists(st.integers(0, CHUNK + 3), max_size=6))
def test_it_does_not_matter_in_what_pieces_it_was_written(tmp_path, pieces):
    content = [os.urandom(size) for size in pieces]
    with sealed_files.create(tmp_path / "a") as file:
        for piece in content:
            file.write(piece)
    assert read(tmp_path / "a") == b"".join(content)


def test_nothing_of_the_content_shows_on_the_disk(tmp_path):
    path = written(tmp_path / "a", b"Alice Tokenalice " * 9000)
    assert b"Alice" not in path.read_bytes()


def test_every_single_changed_byte_is_noticed(tmp_path):
    path = written(tmp_path / "a", b"0123456789")
    whole = path.read_bytes()
    for place in range(HEADER, len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(sealed_files.Damaged):
            read(path)


def frames(path):
    body = path.read_bytes()[HEADER:]
    return [body[start : start + FRAME] for start in range(0, len(body), FRAME)]


@pytest.mark.parametrize(
    "changed",
    [
        lambda a, b, c: [a, b],
        lambda a, b, c: [a, b, c[:-1]],
        lambda a, b, c: [b, c],
        lambda a, b, c: [b, a, c],
        lambda a, b, c: [a, b, b, c],
        lambda a, b, c: [a, b, c, b"more"],
        lambda a, b, c: [a, c],
        lambda a, b, c: [],
    ],
    ids=["cut at a frame", "cut by a byte", "headless", "reordered", "repeated", "lengthened", "shortened", "emptied"],
)
def test_a_file_that_was_cut_or_rearranged_does_not_open(three_frames, changed):
    header, parts = three_frames.read_bytes()[:HEADER], frames(three_frames)
    three_frames.write_bytes(header + b"".join(changed(*parts)))
    with pytest.raises(sealed_files.Damaged):
        read(three_frames)


def test_another_file_put_in_its_place_does_not_open(tmp_path):
    alice, bob = written(tmp_path / "alice", b"Alice"), written(tmp_path / "bob", b"Bob")
    bob.replace(alice)
    with pytest.raises(sealed_files.Damaged):
        read(alice)


def test_frames_of_two_files_cannot_be_mixed(tmp_path):
    (tmp_path / "1").mkdir()
    mine, other = written(tmp_path / "a", os.urandom(2 * CHUNK)), written(tmp_path / "1" / "a", os.urandom(2 * CHUNK))
    mine.write_bytes(mine.read_bytes()[:HEADER] + frames(mine)[0] + frames(other)[1])
    with pytest.raises(sealed_files.Damaged):
        read(mine)


@pytest.mark.parametrize("content", [b"", b"PK", b"loupe-sealed/1\n\0", b"x" * 5000])
def test_something_else_is_no_sealed_file(tmp_path, content):
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(sealed_files.Damaged):
        sealed_files.open(tmp_path / "a")


def test_a_missing_file_says_so_at_once(tmp_path):
    with pytest.raises(FileNotFoundError):
        sealed_files.open(tmp_path / "a")


def test_an_error_in_the_middle_leaves_nothing(tmp_path):
    def breaks_off():
        yield os.urandom(3 * CHUNK)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), sealed_files.create(tmp_path / "a") as file:
        any(file.write(piece) < 0 for piece in breaks_off())
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_is_full_leaves_nothing(tmp_path):
    """The limit on a file's size stands in for the disk: the system refuses the write in the middle of the file."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2 * CHUNK, before[1]))
    try:
        with pytest.raises(OSError, match="File too large"), sealed_files.create(tmp_path / "a") as file:
            file.write(os.urandom(5 * CHUNK))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(tmp_path.iterdir()) == []


# Keys


@pytest.fixture
def use_keys(settings):
    """Exchange the sealing keys, and put them back."""

    def use(*keys):
        settings.LOUPE_SEALING_KEYS = [key.decode() for key in keys]
        sealed.ring.cache_clear()

    yield use
    sealed.ring.cache_clear()


def test_a_rotation_rewrites_the_header_only_and_retires_the_old_key(three_frames, use_keys, settings):
    old = [key.encode() for key in settings.LOUPE_SEALING_KEYS]
    content, body = read(three_frames), three_frames.read_bytes()[HEADER:]
    new, newer = Fernet.generate_key(), Fernet.generate_key()
    for ring, only in (([new, *old], new), ([newer, new], newer)):
        use_keys(*ring)
        sealed_files.rewrap(three_frames)
        sealed_files.rewrap(three_frames)
        use_keys(only)
        assert read(three_frames) == content
        assert three_frames.read_bytes()[HEADER:] == body
    use_keys(*old)
    with pytest.raises(sealed.Unreadable):
        sealed_files.open(three_frames)


def test_a_rotation_that_dies_at_any_point_leaves_a_file_that_opens(three_frames, use_keys, settings, monkeypatch):
    content, whole = read(three_frames), three_frames.read_bytes()
    use_keys(Fernet.generate_key(), *(key.encode() for key in settings.LOUPE_SEALING_KEYS))
    real, calls = os.fsync, []

    def dies(handle, *, at):
        calls.append(handle)
        if len(calls) == at:
            raise KeyboardInterrupt
        real(handle)

    for at in (1, 2):
        three_frames.write_bytes(whole)
        calls.clear()
        monkeypatch.setattr(sealed_files.os, "fsync", lambda handle, at=at: dies(handle, at=at))
        with pytest.raises(KeyboardInterrupt):
            sealed_files.rewrap(three_frames)
        monkeypatch.undo()
        assert read(three_frames) == content
