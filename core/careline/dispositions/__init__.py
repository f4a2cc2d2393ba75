"""Dispositions (业务类型): what a call was about, as a tree that the hospital keeps itself."""
