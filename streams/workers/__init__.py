"""The Faust workers: slices in, state that advances from cut to cut, exactly once."""
