"""The conditional generator: its networks, losses, distillation, training, storing and sampling."""
