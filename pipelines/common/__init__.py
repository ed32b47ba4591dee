"""What the command lines share: `flags` defines them, `objects` makes things of them, `main` starts and ends a program,
`experiment` goes from scenarios to a finished run folder."""
