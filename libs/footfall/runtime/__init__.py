"""What runs Steps: the session, the runner, the command line, others' exceptions in footfall's words."""
