"""What draws: player, strips, charts, gallery, with their parts in the browser."""
