enum PlaceholderEncoding {}
