"""GENERATE: Q&A pairs of a sheet by a template, and the proposals for them."""
