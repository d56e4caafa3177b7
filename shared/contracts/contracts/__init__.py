"""The sentences of the suite: what each service says, and the rights each service knows."""
