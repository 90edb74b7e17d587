enum PlaceholderCommandLine {}
