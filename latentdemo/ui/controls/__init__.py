"""Controls that several pages share: kernel and starting point."""
