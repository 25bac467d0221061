"""Document Extraction: certificates of detectors and sources, as text."""
