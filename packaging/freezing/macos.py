"""What macOS is told of the application in its Info.plist."""

from __future__ import annotations

IDENTIFIER = "io.defectstudio.DefectStudio"


def about(version: str) -> dict[str, object]:
    """The keys beyond those that PyInstaller sets."""
    return {
        "CFBundleDisplayName": "DefectStudio",
        "CFBundleShortVersionString": version,
        "CFBundleVersion": version,
        "LSApplicationCategoryType": "public.app-category.graphics-design",
        "LSMinimumSystemVersion": "13.0",
        # The executable writes to a terminal too, which PyInstaller takes for a background program.
        "LSBackgroundOnly": False,
        "NSHighResolutionCapable": True,
        "NSRequiresAquaSystemAppearance": False,
        "NSHumanReadableCopyright": "Apache License 2.0",
        # A project is a folder with a database in it: neither has an ending of its own. Both are
        # offered, in Open With and on the Dock, and nobody else's files are taken over.
        "CFBundleDocumentTypes": [
            {
                "CFBundleTypeName": "DefectStudio project",
                "CFBundleTypeRole": "Editor",
                "LSHandlerRank": "Alternate",
                "CFBundleTypeExtensions": ["sqlite"],
            },
            {
                "CFBundleTypeName": "DefectStudio project",
                "CFBundleTypeRole": "Editor",
                "LSHandlerRank": "Alternate",
                "LSItemContentTypes": ["public.folder"],
            },
        ],
    }
