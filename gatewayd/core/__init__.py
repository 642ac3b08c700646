"""Pure rules of gatewayd: values in, values out. Standard library only; no clock, no random, no I/O."""
