"""Language models: prompts, forms of reply, and what their failures mean."""
