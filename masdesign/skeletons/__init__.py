"""What `masdesign new` writes: a folder a kind of plug-in; NAME and TITLE are filled in."""
