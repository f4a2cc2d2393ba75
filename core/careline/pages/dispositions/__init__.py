"""The page on which the tree of dispositions is kept."""
