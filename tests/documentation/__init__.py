"""What `test_documentation.py` knows about the pages that people read.

- pages: blocks, commands, links and paths of a page
- workspaces: what stands beside each page: files, a workspace, and values for its placeholders
- commands: how the commands of each program are run or checked, and those that no test can run as they are printed
"""
