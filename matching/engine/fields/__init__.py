"""Readers: from a canonical document to the normalised values (atoms) that are compared.

A reader takes the attributes it names and answers with a tuple of atoms, empty where the record
says nothing. The flattened columns of a CSV file are read like the nested document.
"""
