"""The read API, and the contract every API view of the house keeps."""
