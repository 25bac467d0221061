"""What tests begin with, under names that say it: `from builders.defects import labeled_sheet`.

- crystals: the sample data, with pairs to decide
- severity: unlabeled pairs with proposals, and bare records of models, endpoints and requests
- defects: labeled pairs of parts with two sensors
- models: workspaces with a trained or a deployed model
- traffic, gaps: requests and ratings in the log of an endpoint, and what an analysis of them reports
- labelers, votes: several people on labeling jobs
- team, payload: a team on an emulated Databricks
- copies: whole workspaces, made once in a run and copied
- released: databases as released versions wrote them
- records: one record of every kind
"""
