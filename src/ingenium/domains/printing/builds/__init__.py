"""Problem `printing.build`: complete build plans of a part for laser powder bed fusion."""
