"""Records: the dated results of drills, written once and read by every later gate."""
