"""Archives come out whole and inside their folder, or a message says why not."""

import contextlib
import gzip
import stat
import zipfile

import numpy as np
import pytest

from assl_utils.errors import DataError
from assl_utils.sources import archives

SMALL, LARGE = b'{"a": 1}\n' * 50, bytes(range(256)) * 40


def problem(call, kind):
    """The message of the error that ``call`` ends with."""
    with pytest.raises(DataError) as caught:
        call()
    assert type(caught.value) is kind, caught.value
    return str(caught.value)


TREE = {"读我.txt": "你好".encode(), "data/train.json": SMALL, "data/深/更深.bin": LARGE}


class GbkInfo(zipfile.ZipInfo):
    """A member as a Chinese Windows writes it: its name in GBK, and no flag that says so."""

    coding = "gbk"

    def _encodeFilenameFlags(self):
        return self.filename.encode(self.coding), self.flag_bits & ~0x800


class QuietUtf8Info(GbkInfo):
    coding = "utf-8"


def zipped(path, members, info=zipfile.ZipInfo, method=zipfile.ZIP_DEFLATED, **attributes):
    with zipfile.ZipFile(path, "w") as pack:
        for name, content in members:
            entry = info(name)
            entry.compress_type = method
            for key, value in attributes.items():
                setattr(entry, key, value)
            pack.writestr(entry, content)
    return path


def tree(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_an_archive_unpacks_to_what_was_packed(tmp_path):
    archive = zipped(tmp_path / "a.bin", [("./data/", b""), *TREE.items()])
    files = archives.unpack(archive, tmp_path / "new" / "out")
    assert files == [tmp_path / "new" / "out" / name for name in TREE]
    assert tree(tmp_path / "new" / "out") == TREE
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["out"]
    mode = stat.S_IMODE((tmp_path / "new").stat().st_mode)
    assert stat.S_IMODE((tmp_path / "new" / "out").stat().st_mode) == mode, "as readable as any folder"


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_every_method_of_zip_unpacks(tmp_path, method):
    archives.unpack(zipped(tmp_path / "a.zip", TREE.items(), method=method), tmp_path / "out")
    assert tree(tmp_path / "out") == TREE


@pytest.mark.parametrize(
    ("info", "name"),
    [
        (GbkInfo, "金融/训练集.json"),
        (GbkInfo, "学.txt"),  # its two bytes in GBK are one Cyrillic letter in UTF-8
        (GbkInfo, "乗.txt"),  # its second byte in GBK is a backslash
        (QuietUtf8Info, "金融/训练集.json"),
        (zipfile.ZipInfo, "金融/训练集.json"),
        (zipfile.ZipInfo, "é.txt"),
    ],
)
def test_chinese_names_are_read_whatever_wrote_them(tmp_path, info, name):
    files = archives.unpack(zipped(tmp_path / "a.zip", [(name, SMALL)], info), tmp_path / "out")
    assert files == [tmp_path / "out" / name] and tree(tmp_path / "out") == {name: SMALL}


def test_an_empty_archive_makes_an_empty_folder(tmp_path):
    assert archives.unpack(zipped(tmp_path / "a", []), tmp_path / "out") == []
    assert (tmp_path / "out").is_dir()


def refused(tmp_path, archive, **options):
    """The message of a refusal that left nothing behind."""
    before = sorted(tmp_path.rglob("*"))
    message = problem(lambda: archives.unpack(archive, tmp_path / "out", **options), DataError)
    assert sorted(tmp_path.rglob("*")) == before
    assert message.startswith(f"{archive}: ")
    return message.removeprefix(f"{archive}: ")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("../x", "climbs out of the folder"),
        ("a/../../x", "climbs out of the folder"),
        ("a/..", "climbs out of the folder"),
        ("/etc/x", "has an absolute path"),
        ("C:/x", "names a drive"),
        ("./c:x", "names a drive"),
        ("a\\..\\x", "has a backslash or a NUL in its name"),
        ("..\\x", "has a backslash or a NUL in its name"),
        (".", "has no name"),
    ],
)
def test_a_member_that_climbs_out_is_refused(tmp_path, name, said):
    archive = zipped(tmp_path / "a.bin", [("good.txt", b"1"), (name, b"2")])
    assert refused(tmp_path, archive) == f"member {name!r} {said}: nothing was unpacked"


@pytest.mark.parametrize(
    ("make", "name", "said"),
    [
        (lambda path: zipped(path, [("a", b"/etc/passwd")], external_attr=0o120777 << 16), "a", "is a link"),
        (lambda path: zipped(path, [("a", b"")], external_attr=(stat.S_IFIFO | 0o644) << 16), "a",
         "is a device or a pipe"),
    ],
)  # fmt: skip
def test_what_is_no_plain_file_is_refused(tmp_path, make, name, said):
    assert refused(tmp_path, make(tmp_path / "a.bin")) == f"member {name!r} {said}: nothing was unpacked"


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("a", "a"), "comes twice"),
        (("b/a", "./b//a"), "comes twice"),
        (("a", "a/b"), "makes one name a file and a folder"),
        (("a/b", "a"), "makes one name a file and a folder"),
        (("a/b", "a/b/c/d"), "makes one name a file and a folder"),
    ],
)
def test_a_member_that_comes_twice_is_refused(tmp_path, names, said):
    archive = zipped(tmp_path / "a.bin", [(name, b"1") for name in names])
    assert refused(tmp_path, archive) == f"member {names[1]!r} {said}: nothing was unpacked"


@pytest.mark.parametrize(("names", "wrong"), [(("a", "a/"), "a/"), (("a/", "a"), "a")])
def test_a_folder_and_a_file_of_one_name_are_refused(tmp_path, names, wrong):
    archive = zipped(tmp_path / "a.zip", [(name, b"") for name in names])
    said = f"member {wrong!r} makes one name a file and a folder: nothing was unpacked"
    assert refused(tmp_path, archive) == said


def test_a_folder_may_come_twice(tmp_path):
    archive = zipped(tmp_path / "a.zip", [("a/", b""), ("a/b", b"1"), ("./a/", b"")])
    assert archives.unpack(archive, tmp_path / "out") == [tmp_path / "out" / "a" / "b"]


def test_an_encrypted_zip_is_refused(tmp_path):
    archive = zipped(tmp_path / "a.zip", [("a.txt", b"secret")], method=zipfile.ZIP_STORED)
    content = bytearray(archive.read_bytes())
    content[6] |= 1  # the flag in the member's own header
    content[content.index(b"PK\x01\x02") + 8] |= 1  # and in the directory
    archive.write_bytes(content)
    assert refused(tmp_path, archive) == "member 'a.txt' is encrypted: nothing was unpacked"


def test_an_archive_that_grows_over_the_limit_is_refused(tmp_path):
    archive = zipped(tmp_path / "a.bin", [("a", b"0" * 6), ("b", b"0" * 5)])
    said = "member 'b' brings the unpacked size over 10 bytes (max_bytes): nothing was unpacked"
    assert refused(tmp_path, archive, max_bytes=10) == said
    assert len(archives.unpack(archive, tmp_path / "out", max_bytes=11)) == 2


def test_the_limit_is_two_gigabytes_unless_another_is_given(tmp_path, monkeypatch):
    """The directory of a zip says the size; the bytes need not be there to be refused."""
    archive = zipped(tmp_path / "a.zip", [("big", b"")])
    whole = zipfile.ZipFile.infolist

    def huge(pack):
        for info in whole(pack):
            info.file_size = 2 * 10**9 + 1
            yield info

    monkeypatch.setattr(zipfile.ZipFile, "infolist", huge)
    said = "member 'big' brings the unpacked size over 2000000000 bytes (max_bytes): nothing was unpacked"
    assert refused(tmp_path, archive) == said


@pytest.mark.parametrize("part", [0.02, 0.3, 0.6, 0.95, 0.999])
def test_a_truncated_archive_is_refused(tmp_path, part):
    archive = zipped(tmp_path / "a.bin", TREE.items())
    content = archive.read_bytes()
    archive.write_bytes(content[: int(len(content) * part)])
    message = refused(tmp_path, archive)
    assert message.startswith("truncated or corrupt") and message.endswith("): fetch it again")


def test_damage_names_the_member(tmp_path):
    archive = zipped(tmp_path / "a.zip", [("a", SMALL), ("数据", LARGE)], method=zipfile.ZIP_STORED)
    content = bytearray(archive.read_bytes())
    content[content.index(LARGE) + 9] ^= 1
    archive.write_bytes(content)
    assert refused(tmp_path, archive) == (
        "truncated or corrupt at member '数据' (Bad CRC-32 for file '数据'): fetch it again"
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"<!DOCTYPE html>", "not a .zip: it begins with b'<!DO'"),
        (b"", "not a .zip: it begins with b''"),
        (gzip.compress(b"a,b\n" * 300, mtime=0)[:4], "not a .zip: it begins with b'\\x1f\\x8b\\x08\\x00'"),
    ],
)
def test_what_is_no_archive_is_refused(tmp_path, content, said):
    (tmp_path / "a.zip").write_bytes(content)
    assert refused(tmp_path, tmp_path / "a.zip") == said


def test_a_zip_that_sends_its_reader_astray_is_refused(tmp_path):
    archive = zipped(tmp_path / "a.zip", TREE.items())
    content = bytearray(archive.read_bytes())
    content[-5] += 1  # where its directory is said to begin; all members are sought as much too early
    archive.write_bytes(content)
    said = "truncated or corrupt at member '读我.txt' ([Errno 22] Invalid argument): fetch it again"
    assert refused(tmp_path, archive) == said


def test_a_zip_with_a_nameless_member_is_refused(tmp_path):
    archive = zipped(tmp_path / "a.zip", [("", b"1")])
    assert refused(tmp_path, archive) == "member '' has no name: nothing was unpacked"


def test_damage_anywhere_is_found_or_harmless(tmp_path):
    """One byte flipped, three hundred times: the very files come out, or an error of ours and nothing."""
    archive = zipped(tmp_path / "a.bin", [("a.txt", SMALL), ("b/c.txt", LARGE[:300])])
    content, rng, found = archive.read_bytes(), np.random.default_rng(0), 0
    for n in range(300):
        damaged = bytearray(content)
        damaged[rng.integers(len(content))] ^= 1 << int(rng.integers(8))
        archive.write_bytes(damaged)
        try:
            archives.unpack(archive, tmp_path / str(n))
        except DataError:
            found += 1
            assert not (tmp_path / str(n)).exists()
        else:
            assert list(tree(tmp_path / str(n)).values()) == [SMALL, LARGE[:300]]
        assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]
    assert found > 100


def test_what_else_is_there_is_not_touched(tmp_path):
    archive, out = zipped(tmp_path / "a.zip", TREE.items()), tmp_path / "out"
    out.write_text("mine")
    assert refused(tmp_path, archive) == f"{out} is a file: unpack into a folder"
    assert out.read_text() == "mine"
    out.unlink()
    (out / "data").mkdir(parents=True)
    (out / "读我.txt").write_text("mine")
    (out / "data" / "mine").write_text("mine")
    assert refused(tmp_path, archive) == f"{out} holds other files, like 'data/mine': unpack into a new folder"
    assert tree(out) == {"读我.txt": b"mine", "data/mine": b"mine"}


@pytest.mark.parametrize("change", ["nothing", "a byte", "a file less"])
def test_unpacked_once_more_it_mends_the_folder(tmp_path, change):
    archive, out = zipped(tmp_path / "a.zip", TREE.items()), tmp_path / "out"
    files = archives.unpack(archive, out)
    before = out.stat().st_ino
    if change == "a byte":
        files[1].write_bytes(b"x" + SMALL[1:])
    elif change == "a file less":
        files[1].unlink()
    assert archives.unpack(archive, out) == files
    assert tree(out) == TREE and sorted(path.name for path in tmp_path.iterdir()) == ["a.zip", "out"]
    assert (out.stat().st_ino == before) == (change == "nothing")


@pytest.mark.parametrize("inside", ["", "an empty one/and another"])
def test_an_empty_folder_may_be_there(tmp_path, inside):
    (tmp_path / "out" / inside).mkdir(parents=True)
    assert len(archives.unpack(zipped(tmp_path / "a.zip", TREE.items()), tmp_path / "out")) == len(TREE)


def test_a_full_disk_leaves_nothing_and_is_not_called_damage(tmp_path, monkeypatch):
    archive = zipped(tmp_path / "a.zip", TREE.items())

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(archives.shutil, "copyfileobj", full)
    with pytest.raises(OSError, match="No space left"), contextlib.suppress(DataError):
        archives.unpack(archive, tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["a.zip"]
