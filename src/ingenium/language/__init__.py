"""Language models: n-grams, pretrained transformers, adapted weights, servers."""
