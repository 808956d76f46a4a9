"""The tabs of a golden record's page, one a file: (record, who looks, query) -> what it shows."""
