"""A folder that installs the program where there is no network, and refuses what was altered."""

from __future__ import annotations

import base64
import ensurepip
import hashlib
import json
import platform
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import bundle
import pytest
from bootstrapping.talk import SetupError
from offline import install

HERE = "{}.{}".format(*sys.version_info)


def wheel(folder: Path, name: str, files: dict[str, str]) -> Path:
    """A wheel of these files, with its record."""
    info = f"{name}-1.0.dist-info"
    whole = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    path = folder / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for file, text in whole.items():
            archive.writestr(file, text)
        digests = {
            file: base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=")
            for file, text in whole.items()
        }
        rows = [f"{file},sha256={digest.decode()}," for file, digest in digests.items()]
        archive.writestr(f"{info}/RECORD", "\n".join([*rows, f"{info}/RECORD,,\n"]))
    return path


@pytest.fixture
def made(tmp_path):
    """A bundle of a tiny program."""
    folder = tmp_path / "bundle"
    (folder / "wheels").mkdir(parents=True)
    entry = "[console_scripts]\ndefectstudio = tiny:main\n"
    wheel(folder / "wheels", "tiny", {
        "tiny.py": "def main():\n    print('it runs')\n",
        "tiny-1.0.dist-info/entry_points.txt": entry,
    })  # fmt: skip
    (pip,) = (Path(ensurepip.__file__).parent / "_bundled").glob("pip-*.whl")
    shutil.copy(pip, folder / "wheels")
    about = {"python": HERE, "system": sys.platform, "machine": platform.machine().lower()}
    (folder / "bundle.json").write_text(json.dumps(about))
    bundle.finish(folder)
    return folder


def test_it_installs_without_a_network_and_runs(made, tmp_path):
    target = tmp_path / "installed here"
    for _ in range(2):  # the second time it is mended or brought up to date
        done = subprocess.run(
            ["sh", made / "install.sh", target], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
    program = target / "venv" / "bin" / "defectstudio"
    assert f"{program} app" in done.stdout
    assert subprocess.check_output([program], text=True) == "it runs\n"


def test_the_python_it_is_for_stands_in_its_scripts(made, tmp_path):
    assert f"py -{HERE} ".encode() in (made / "install.bat").read_bytes()
    (made / "bundle.json").write_text('{"python": "9.7"}')
    bundle.finish(made)
    done = subprocess.run(
        ["sh", made / "install.sh", tmp_path / "t"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1 and "needs Python 9.7 here" in done.stderr


def alter(made):
    with (made / "wheels" / "tiny-1.0-py3-none-any.whl").open("r+b") as stream:
        stream.seek(40)
        stream.write(b"x")


@pytest.mark.parametrize(
    ("damage", "match"),
    [
        (alter, r"tiny-1\.0-py3-none-any\.whl is missing or is not"),
        (lambda made: (made / "requirements.txt").unlink(), r"requirements\.txt is missing"),
        (lambda made: wheel(made / "wheels", "more", {}), r"more-1\.0.* does not belong"),
        (lambda made: (made / "bundle.json").write_text('{"python": "2.7"}'), r"Python 2\.7"),
        (
            lambda made: (made / "bundle.json").write_text(
                json.dumps({"python": HERE, "system": "plan9", "machine": "mips"})
            ),
            "plan9 on mips",
        ),
    ],
)
def test_what_was_altered_or_is_for_another_machine_is_refused(made, tmp_path, damage, match):
    damage(made)
    with pytest.raises(install.RefusedError, match=match):
        install.install(made, tmp_path / "target")
    assert not (tmp_path / "target").exists()


def test_a_folder_of_others_is_left_alone(made, tmp_path, monkeypatch, capsys):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "text").write_text("a person's own")
    monkeypatch.setattr(install, "HERE", made)
    assert install.main([str(tmp_path / "mine")]) == 1
    assert "is not ours" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["text"]
    assert install.main(["--help"]) == 2


def test_checksums_are_those_that_sha256sum_reads(made):
    lines = (made / "SHA256SUMS").read_text().splitlines()
    listed = {name: digest for digest, name in (line.split("  ") for line in lines)}
    assert listed.keys() == {
        path.relative_to(made).as_posix() for path in made.rglob("*") if path.is_file()
    } - {"SHA256SUMS"}
    tiny = made / "wheels" / "tiny-1.0-py3-none-any.whl"
    digest = hashlib.sha256(tiny.read_bytes()).hexdigest()
    assert listed["wheels/tiny-1.0-py3-none-any.whl"] == digest
    assert (made / "requirements.txt").read_text() == f"tiny==1.0 --hash=sha256:{digest}\n"


def test_the_steps_to_a_bundle(tmp_path, monkeypatch):
    """What pip and uv are asked for, for another system; what an earlier try left goes."""
    calls: list[tuple[str, ...]] = []

    def pip(*arguments, **variables):
        words = tuple(map(str, arguments))
        calls.append(words)
        if words[0] == "install":
            uv = Path(words[words.index("--target") + 1], "bin", "uv.exe")
            uv.parent.mkdir()
            uv.touch()
        elif words[0] == "download":
            folder = Path(words[words.index("--dest") + 1])
            for name in ("Some.Thing-1.0", "old-1.0", "pip-9"):
                (folder / f"{name}-py3-none-any.whl").write_bytes(b"")
        else:
            assert variables == {"DEFECTSTUDIO_KERNEL": "off"}

    def output(command, _failure):
        words = tuple(map(str, command))
        if words[1] != "pip":
            return "global.index-url='https://m/simple'\n:env:.find-links='/a /b'\nnothing\n"
        calls.append(words)
        return "some-thing==1.0\n# a remark\n"

    monkeypatch.setattr(bundle, "_pip", pip)
    monkeypatch.setattr(bundle, "_output", output)
    made = bundle.bundle(tmp_path, "win_amd64", "3.12", "cpu", ("onnx",))
    _, uv, download, own = calls
    joined = " ".join(uv)
    assert "--python-platform x86_64-pc-windows-msvc --python-version 3.12" in joined
    assert "--extra onnx --torch-backend cpu --default-index https://m/simple" in joined
    assert "--find-links /a --find-links /b" in joined
    assert "--platform win_amd64 --abi cp312 --abi abi3 --abi none" in " ".join(download)
    assert download[-2:] == ("some-thing==1.0", "pip") and own[0] == "wheel"
    names = sorted(path.name for path in (made / "wheels").iterdir())
    assert names == ["Some.Thing-1.0-py3-none-any.whl", "pip-9-py3-none-any.whl"]
    assert json.loads((made / "bundle.json").read_text())["machine"] == "amd64"
    with pytest.raises(SetupError, match="there already"):
        bundle.bundle(tmp_path, "win_amd64", "3.12", "cpu", ())


def test_what_pip_cannot_do_is_told(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(SetupError, match="pip could not"):
        bundle._pip("download", "x")
    with pytest.raises(SetupError, match="it failed"):
        bundle._output(["/bin/false"], "it failed")
    with pytest.raises(SetupError, match="it failed"):
        bundle._output(["/no/such/program"], "it failed")
