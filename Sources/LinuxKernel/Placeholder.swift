enum PlaceholderLinuxKernel {}
