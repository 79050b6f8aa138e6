"""One engine for generative engineering and science: propose, verify, keep the evidence."""

__version__ = "0.1.0"
