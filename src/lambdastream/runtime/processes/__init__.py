"""The programs of execution environments: started, known by a mark, looked at, ended."""
