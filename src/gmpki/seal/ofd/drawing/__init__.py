"""Drawing the pages of OFD documents: what stands on a page becomes SVG."""
