"""What Explorer shows of the executable: its properties, page Details."""

from __future__ import annotations

_TEXT = """VSVersionInfo(
    ffi=FixedFileInfo(filevers={numbers}, prodvers={numbers}, OS=0x40004, fileType=0x1),
    kids=[
        StringFileInfo([StringTable("040904B0", [
            StringStruct("CompanyName", "DefectStudio contributors"),
            StringStruct("FileDescription", "DefectStudio"),
            StringStruct("FileVersion", "{version}"),
            StringStruct("InternalName", "defectstudio"),
            StringStruct("LegalCopyright", "Apache License 2.0"),
            StringStruct("OriginalFilename", "defectstudio.exe"),
            StringStruct("ProductName", "DefectStudio"),
            StringStruct("ProductVersion", "{version}"),
        ])]),
        VarFileInfo([VarStruct("Translation", [0x409, 0x4B0])]),
    ],
)
"""


def about(version: str) -> str:
    """The file that PyInstaller reads: the same expression as in its own manual."""
    numbers = [int(part) for part in version.split(".")[:3] if part.isdigit()]
    return _TEXT.format(version=version, numbers=(*numbers, *[0] * (4 - len(numbers))))
