"""CVM: the composition of the apps."""
