"""The rest of the machine: one module per outside party, none of them Qt."""
