"""The main path: recipe -> content -> blend -> labeled sample; batches."""
