"""The GENERATE stage: templates and previews, and the generation itself."""
