"""Where encrypted recordings lie: a folder, or a store that speaks S3."""

from careline_recording.keeping.folder import FolderStore
from careline_recording.keeping.s3 import S3Store
from careline_recording.keeping.store import Store

__all__ = ["FolderStore", "S3Store", "Store"]
