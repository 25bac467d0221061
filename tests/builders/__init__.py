"""What tests begin with, under names that say it: `from builders.defects import labeled_sheet`.

- severity: unlabeled pairs with proposals, and bare records of models, endpoints and requests
- defects: labeled pairs of parts with two sensors
- models: workspaces with a trained or a deployed model
- traffic: requests and ratings in the log of an endpoint
- labelers, votes: several people on labeling jobs
- team, payload: a team on an emulated Databricks
- copies: whole workspaces, made once in a process and copied
- records: one record of every kind
"""
